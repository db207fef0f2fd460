//! Adding, by this process.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{LOG_INTERVAL, List, OVERFLOW, SHARED, Writer, flag, has_ended};
use crate::revocation::hash_key::Digest;
use crate::revocation::kind::{Entry, Kind};
use crate::revocation::revoked::{Revocation, Time};
use crate::revocation::settings::WhenRevocationsFull;
use crate::revocation::table::Table;
use crate::revocation::time::{MAX_AHEAD, Millis, since_epoch};
use crate::revocation::{RevocationEntry, RevocationsFull};
use crate::trace;

/// No entry of a token stays longer than the lifetime of any token.
const MAX_STAY: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The result of adding an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Changed,
    /// It was there, or one with a later time.
    Unchanged,
    Full,
}

impl List {
    pub(in crate::revocation) fn add(
        &self,
        revocation: &Revocation<'_>,
    ) -> Result<(), RevocationsFull> {
        let mut writer = self.lock();
        let now = self.now();
        let entry = self.entry(revocation, now);
        if has_ended(entry, self.max_lifetime(), now) {
            return Ok(());
        }
        let issuer = self.key.issuer(revocation.issuer);
        let digest = issuer.id(entry.kind, revocation.id);
        let stored = self.store(&mut writer, digest, entry, now);
        if stored == Stored::Full {
            self.note_overflow(&mut writer, self.issued_before(revocation, now), now);
        }
        drop(writer);
        self.announce();
        if stored == Stored::Full {
            return Err(RevocationsFull::new(self.settings.max_entries));
        }
        if let Some(sharing) = self.sharing() {
            sharing.queue(RevocationEntry::new(digest, entry, self.max_lifetime()));
        }
        Ok(())
    }

    /// Stores an entry, if there is space.
    pub(super) fn store(
        &self,
        writer: &mut Writer,
        digest: Digest,
        entry: Entry,
        now: Duration,
    ) -> Stored {
        let stored = self.insert_or_raise(writer, digest, entry, now);
        if stored == Stored::Changed {
            // Release: pairs with the Acquire of `state`, so that the entry is seen with the flag.
            self.flags.fetch_or(flag(entry.kind), Ordering::Release);
        }
        stored
    }

    fn insert_or_raise(
        &self,
        writer: &mut Writer,
        digest: Digest,
        entry: Entry,
        now: Duration,
    ) -> Stored {
        let table = self.table.load();
        if let Some(before) = table.raise(digest, entry.pack()) {
            let is_raised = before < entry.pack();
            return if is_raised {
                Stored::Changed
            } else {
                Stored::Unchanged
            };
        }
        if self.is_full() && !writer.has_ended_entries(now) {
            return Stored::Full;
        }
        let has_no_room = self.len() >= table.capacity().min(self.settings.max_entries);
        drop(table);
        if has_no_room {
            self.rebuild(writer, now);
        }
        if self.is_full() {
            return Stored::Full;
        }
        self.insert(writer, digest, entry);
        Stored::Changed
    }

    fn insert(&self, writer: &mut Writer, digest: Digest, entry: Entry) {
        self.table.load().insert(digest, entry.pack());
        // Relaxed: changed under the lock only.
        self.len.fetch_add(1, Ordering::Relaxed);
        let end = entry.end(self.max_lifetime());
        let next = writer.next_end.map_or(end, |next| next.min(end));
        writer.next_end = Some(next);
    }

    /// Replaces the table by one without the entries that have ended, and with room for more.
    fn rebuild(&self, writer: &mut Writer, now: Duration) {
        let lifetime = self.max_lifetime();
        let before = self.table.load_full();
        let end_of = |value| Entry::unpack(value).end(lifetime);
        let lasting = |(_, value): &(Digest, u64)| end_of(*value).to_duration() > now;
        let entries: Vec<_> = before.entries().filter(lasting).collect();
        // Half as many again: so each entry is copied a bounded number of times on average.
        let len = entries.len();
        let room = len.saturating_add(len.div_euclid(2)).saturating_add(1);
        let table = Table::with_capacity(room);
        for (digest, value) in &entries {
            table.insert(*digest, *value);
        }
        writer.next_end = entries.iter().map(|(_, value)| end_of(*value)).min();
        self.table.store(Arc::new(table));
        self.len.store(len, Ordering::Relaxed);
        self.flags
            .store(self.flags_of(&entries, now), Ordering::Release);
    }

    fn flags_of(&self, entries: &[(Digest, u64)], now: Duration) -> u16 {
        let kinds = entries
            .iter()
            .map(|(_, value)| flag(Entry::unpack(*value).kind));
        let kinds = kinds.fold(0, |all, flag| all | flag);
        let is_over = has_ended(self.not_stored(), self.max_lifetime(), now);
        let lasting = if is_over { SHARED } else { SHARED | OVERFLOW };
        kinds | self.flags.load(Ordering::Relaxed) & lasting
    }

    /// Notes that a revocation is not stored, which applies to tokens that were issued before a
    /// time.
    pub(super) fn note_overflow(&self, writer: &mut Writer, before: Millis, now: Duration) {
        if self.settings.when_full == WhenRevocationsFull::Reject {
            self.unknown_before.fetch_max(before.0, Ordering::Relaxed);
            // Release: pairs with the Acquire of `state`, so that the time is seen with the flag.
            self.flags.fetch_or(OVERFLOW, Ordering::Release);
        }
        let next = writer
            .last_logged
            .map(|last| last.saturating_add(LOG_INTERVAL));
        if next.is_none_or(|next| next <= now) {
            writer.last_logged = Some(now);
            let suppressed = std::mem::take(&mut writer.suppressed);
            trace::revocations_full(self.settings.max_entries, suppressed);
        } else {
            writer.suppressed = writer.suppressed.saturating_add(1);
        }
    }

    /// Wakes the streams, which compare their tokens again.
    pub(super) fn announce(&self) {
        // Release: pairs with the Acquire of `version`, so that the change is seen with it.
        self.version.fetch_add(1, Ordering::Release);
        self.changed.send_replace(());
    }

    fn entry(&self, revocation: &Revocation<'_>, now: Duration) -> Entry {
        let time = match revocation.time {
            Time::IssuedBefore(_) => self.issued_before(revocation, now),
            Time::Token { expires_at, .. } => Millis::from_time(expires_at),
        };
        let kind = revocation.kind;
        bounded(Entry { kind, time }, now)
    }

    /// Returns the time before which the tokens were issued that a revocation applies to.
    fn issued_before(&self, revocation: &Revocation<'_>, now: Duration) -> Millis {
        let (ahead, now) = (self.ahead(now), now.saturating_add(ONE));
        let time = match revocation.time {
            Time::IssuedBefore(Some(time)) => since_epoch(time),
            // What comes later from a session that has ended is not to be accepted anyway.
            Time::IssuedBefore(None) if revocation.kind == Kind::Session => ahead,
            Time::IssuedBefore(None) => now,
            Time::Token { issued_at, .. } => {
                issued_at.map_or(ahead, |time| since_epoch(time).saturating_add(ONE))
            }
        };
        Millis::from_duration(time.min(now.saturating_add(MAX_AHEAD)))
    }

    /// Returns a time that is later than the `iat` of all tokens that are there: up to now, or
    /// ahead by what the clocks differ.
    pub(super) fn ahead(&self, now: Duration) -> Duration {
        let leeway = Duration::from_millis(self.leeway.load(Ordering::Relaxed));
        now.saturating_add(leeway).saturating_add(ONE)
    }
}

/// Returns an entry that does not stay, or apply to tokens, for ever, whatever its time is.
pub(super) fn bounded(entry: Entry, now: Duration) -> Entry {
    let ahead = if entry.kind.is_token() {
        MAX_STAY
    } else {
        MAX_AHEAD.saturating_add(ONE)
    };
    let latest = Millis::from_duration(now).plus(ahead);
    let time = entry.time.min(latest);
    Entry { time, ..entry }
}

/// Times are compared in milliseconds: what is a millisecond later is later.
const ONE: Duration = Duration::from_millis(1);
