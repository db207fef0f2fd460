//! Public keys that two issuers of a layer have.
//!
//! That is reported and no reason to reject a token: otherwise an issuer could publish the key of
//! another, and so disable it. It can't sign with that key. Some issuers have several names and one
//! key set.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use crate::jwk::{KeyDigest, KeySet};
use crate::keys::{KeysEvent, Observer};

/// The maximum number of other issuers that are reported for one. Bounds the work and the memory if
/// thousands have the same keys.
const MAX_SHARED_WITH: usize = 8;

type Map<K, V> = HashMap<K, V, RandomState>;

/// The keys of each issuer, as of its last fetch. Those of sources that can change are not known.
#[derive(Default)]
pub(crate) struct SharedKeys(Mutex<State>);

#[derive(Default)]
struct State {
    entries: Map<Arc<str>, Entry>,
    /// The issuers that have a key. Nearly always one.
    owners: Map<KeyDigest, HashSet<Arc<str>, RandomState>>,
}

#[derive(Default)]
struct Entry {
    keys: Vec<KeyDigest>,
    /// The issuers that have one of the keys, each reported once.
    shared_with: Vec<Arc<str>>,
}

impl SharedKeys {
    /// Returns an observer that also reports keys that another issuer has.
    pub(super) fn observe(self: Arc<Self>, observer: Option<Observer>) -> Observer {
        Observer::new(move |issuer, event| {
            let notify = |event: &KeysEvent<'_>| {
                if let Some(observer) = &observer {
                    observer.notify(issuer, event);
                }
            };
            notify(event);
            if let KeysEvent::Fetched { keys, .. } = event {
                self.report(issuer, keys, notify);
            }
        })
    }

    /// Replaces the keys of an issuer, and reports the others that have one of them.
    pub(super) fn report(&self, issuer: &str, keys: &KeySet, notify: impl Fn(&KeysEvent<'_>)) {
        // Not under the lock: the observer is not ours.
        for other in self.replace(issuer, keys) {
            let event = KeysEvent::KeyShared { other: &other };
            event.log(issuer);
            notify(&event);
        }
    }

    /// Removes the keys of an issuer.
    pub(super) fn remove(&self, issuer: &str) {
        self.lock().remove(issuer);
    }

    /// Returns the issuers that have one of the keys, and had none at the last call.
    fn replace(&self, issuer: &str, keys: &KeySet) -> Vec<Arc<str>> {
        let keys: Vec<_> = keys.public_digests().collect();
        let mut state = self.lock();
        let before = state.remove(issuer);
        let shared_with = state.others_with(&keys, &before);
        state.insert(issuer, keys, shared_with.clone());
        drop(state);
        let is_new = |other: &Arc<str>| !before.contains(other);
        shared_with.into_iter().filter(is_new).collect()
    }

    /// Each step under the lock leaves a valid state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, issuer: &str, keys: Vec<KeyDigest>, shared_with: Vec<Arc<str>>) {
        let issuer: Arc<str> = issuer.into();
        for key in &keys {
            self.owners
                .entry(*key)
                .or_default()
                .insert(Arc::clone(&issuer));
        }
        self.entries.insert(issuer, Entry { keys, shared_with });
    }

    /// Removes an issuer, and returns those that it shared a key with.
    fn remove(&mut self, issuer: &str) -> Vec<Arc<str>> {
        let removed = self.entries.remove(issuer).unwrap_or_default();
        for key in &removed.keys {
            if let Some(owners) = self.owners.get_mut(key) {
                owners.remove(issuer);
                if owners.is_empty() {
                    self.owners.remove(key);
                }
            }
        }
        removed.shared_with
    }

    /// Returns the issuers that have one of the keys: first those that were reported before.
    fn others_with(&self, keys: &[KeyDigest], before: &[Arc<str>]) -> Vec<Arc<str>> {
        let has_one = |other: &&Arc<str>| {
            let owners = keys.iter().filter_map(|key| self.owners.get(key));
            owners.into_iter().any(|owners| owners.contains(*other))
        };
        let mut others: Vec<_> = before.iter().filter(has_one).cloned().collect();
        let owners = keys.iter().filter_map(|key| self.owners.get(key)).flatten();
        for owner in owners {
            if others.len() >= MAX_SHARED_WITH {
                break;
            }
            if !others.contains(owner) {
                others.push(Arc::clone(owner));
            }
        }
        others
    }
}
