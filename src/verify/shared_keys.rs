//! Public keys that two issuers of a layer have.
//!
//! That is reported and no reason to reject a token: otherwise an issuer could publish the key of
//! another, and so disable it. It can't sign with that key. Some issuers have several names and one
//! key set.

use std::sync::{Arc, Mutex, PoisonError};

use crate::jwk::{KeyDigest, KeySet};
use crate::keys::{KeysEvent, Observer};

/// The keys of each issuer, as of its last fetch. Those of sources that can change are not known.
#[derive(Default)]
pub(crate) struct SharedKeys(Mutex<Vec<Entry>>);

struct Entry {
    issuer: String,
    keys: Vec<KeyDigest>,
    /// The issuers that have one of the keys, each reported once.
    shared_with: Vec<String>,
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
            if let KeysEvent::Fetched { keys } = event {
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

    /// Returns the issuers that have one of the keys, and had none at the last call.
    fn replace(&self, issuer: &str, keys: &KeySet) -> Vec<String> {
        let keys: Vec<_> = keys.public_digests().collect();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = entries.iter().filter(|entry| {
            entry.issuer != issuer && entry.keys.iter().any(|key| keys.contains(key))
        });
        let shared_with: Vec<_> = others.map(|entry| entry.issuer.clone()).collect();
        let index = entries.iter().position(|entry| entry.issuer == issuer);
        let before = index.map(|index| entries.swap_remove(index).shared_with);
        let before = before.unwrap_or_default();
        entries.push(Entry {
            issuer: issuer.to_owned(),
            keys,
            shared_with: shared_with.clone(),
        });
        drop(entries);
        let is_new = |other: &String| !before.contains(other);
        shared_with.into_iter().filter(is_new).collect()
    }
}
