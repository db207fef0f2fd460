//! Adding what a store has, and finding what it lacks.

use std::collections::HashSet;
use std::time::Duration;

use super::adding::{Stored, bounded};
use super::{List, Writer, has_ended};
use crate::revocation::RevocationEntry;
use crate::revocation::hash_key::Digest;
use crate::revocation::kind::Entry;
use crate::revocation::time::Millis;

impl List {
    /// Adds what a store has. Notes in `found` which of the entries the store has as the list does,
    /// and for as long.
    pub(in crate::revocation) fn merge(
        &self,
        entries: &[RevocationEntry],
        mut found: Option<&mut HashSet<Digest>>,
    ) {
        let mut writer = self.lock();
        let (now, mut has_changed) = (self.now(), false);
        for stored in entries {
            let (digest, entry) = (stored.digest(), bounded(stored.entry(), now));
            let outcome = self.merge_one(&mut writer, digest, entry, now);
            has_changed |= outcome != Stored::Unchanged;
            if let Some(found) = found.as_mut().filter(|_| self.has_no_more(stored, entry)) {
                found.insert(digest);
            }
        }
        drop(writer);
        if has_changed {
            self.announce();
        }
    }

    fn merge_one(
        &self,
        writer: &mut Writer,
        digest: Digest,
        entry: Entry,
        now: Duration,
    ) -> Stored {
        if has_ended(entry, self.max_lifetime(), now) {
            return Stored::Unchanged;
        }
        let stored = self.store(writer, digest, entry, now);
        if stored == Stored::Full {
            self.note_overflow(writer, self.latest_issue(entry, now), now);
        }
        stored
    }

    /// Returns whether the list has nothing that goes beyond an entry of the store: no later time,
    /// and no later end, because its tokens live longer than those of the process that has added
    /// it.
    fn has_no_more(&self, stored: &RevocationEntry, entry: Entry) -> bool {
        let digest = stored.digest();
        let ends_later = self.known_max_lifetime().is_some_and(|max_lifetime| {
            RevocationEntry::new(digest, entry, max_lifetime).ends_later_than(stored)
        });
        self.table.load().get(digest) == Some(entry.pack()) && !ends_later
    }

    /// Returns the time before which the tokens were issued that an entry applies to.
    fn latest_issue(&self, entry: Entry, now: Duration) -> Millis {
        if entry.kind.is_token() {
            Millis::from_duration(self.ahead(now))
        } else {
            entry.time
        }
    }

    /// Returns the entries that have not ended and were not found in the store.
    pub(in crate::revocation) fn entries_without(
        &self,
        found: &HashSet<Digest>,
    ) -> Vec<RevocationEntry> {
        // Nothing is added meanwhile.
        let writer = self.lock();
        let (now, max_lifetime) = (self.now(), self.max_lifetime());
        let entries = self.table.load();
        let missing = entries.entries().filter_map(|(digest, value)| {
            let entry = Entry::unpack(value);
            let is_missing = !found.contains(&digest) && !has_ended(entry, max_lifetime, now);
            is_missing.then(|| RevocationEntry::new(digest, entry, max_lifetime))
        });
        let missing = missing.collect();
        drop(writer);
        missing
    }
}
