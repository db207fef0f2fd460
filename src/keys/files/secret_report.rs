//! What is reported of secrets in files.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::event::FilesEvent;
use super::scan::Change;
use super::secret_scan::SecretScan;
use crate::jwk::{KeyDigest, KeySet};
use crate::keys::SecretInfo;

impl SecretScan {
    /// Returns an event for each secret that has become too old.
    pub(super) fn old(&mut self, now: SystemTime) -> Vec<FilesEvent> {
        let max = self.max_secret_age;
        let old = self.known.iter_mut().filter_map(|(name, known)| {
            let age = age(known.modified, now);
            let is_new = age > max && !known.is_reported_as_old;
            known.is_reported_as_old |= is_new;
            let key_id = name.clone();
            is_new.then_some(FilesEvent::Old { key_id, age })
        });
        old.collect()
    }

    /// Returns an event for each new secret that may be encoded.
    pub(super) fn encoded(&self, change: &Change) -> Vec<FilesEvent> {
        let new = change.added.iter().filter_map(|name| self.known.get(name));
        new.filter_map(|known| FilesEvent::may_be_encoded(&known.key, &known.path))
            .collect()
    }

    /// Returns the state of each secret, for the health.
    pub(super) fn infos(&self, now: SystemTime) -> Vec<SecretInfo> {
        let newest = self.known.keys().next_back();
        let infos = self
            .with_ends()
            .into_iter()
            .map(|(name, known, not_after)| SecretInfo {
                key_id: name.clone(),
                current: Some(name) == newest,
                since: known.age.appeared,
                age: age(known.modified, now),
                old: age(known.modified, now) > self.max_secret_age,
                not_after,
                expired: not_after.is_some_and(|end| now >= end),
            });
        infos.collect()
    }
}

fn age(since: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(since).unwrap_or_default()
}

/// Returns an event for each secret that an earlier key has, too.
pub(super) fn repeated(keys: &KeySet) -> Vec<FilesEvent> {
    let mut first = BTreeMap::<KeyDigest, &str>::new();
    let mut events = Vec::new();
    for key in keys.keys() {
        let id = key.key_id().unwrap_or_default();
        if let Some(other) = first.insert(key.digest(), id) {
            events.push(FilesEvent::Repeated {
                key_id: id.to_owned(),
                other: other.to_owned(),
            });
        }
    }
    events
}
