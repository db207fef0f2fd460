//! The list: what is added, what a token is compared with, and when entries end.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::hash_key::{Digest, HashKey};
use super::kind::{Entry, Kind};
use super::revoked::{Revocation, Time};
use super::settings::{LIFETIME, RevocationSettings, WhenRevocationsFull};
use super::table::Table;
use super::time::{MAX_AHEAD, Millis, since_epoch};
use super::token_ids::{BITS, KINDS};
use super::{Revocable, RevocationState, RevocationsFull, TokenIds};
use crate::clock::{self, Clock, SystemClock};
use crate::trace;

/// The flag that a revocation was not stored. The others are those of the kinds.
const OVERFLOW: u8 = 1 << 7;
/// The minimum time between two log events.
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// No entry of a token stays longer than the lifetime of any token.
const MAX_STAY: Duration = Duration::from_secs(366 * 24 * 60 * 60);

pub(super) struct List {
    pub(super) settings: RevocationSettings,
    key: HashKey,
    /// The first layer's.
    clock: OnceLock<Arc<dyn Clock>>,
    /// The kinds of which there are entries. While it is 0, nothing else is read.
    flags: AtomicU8,
    table: ArcSwap<Table>,
    len: AtomicUsize,
    /// In milliseconds: the longest of the layers' `max_lifetime`. 0: there is no layer yet.
    max_lifetime: AtomicU64,
    /// In milliseconds: the longest leeway of the layers.
    leeway: AtomicU64,
    /// In milliseconds: tokens that were issued before this may be revoked by what was not stored.
    unknown_before: AtomicU64,
    /// Held while an entry is added. No request takes it.
    writer: Mutex<Writer>,
    /// Counts the changes.
    version: AtomicU64,
    changed: watch::Sender<()>,
}

/// What only the thread that adds needs.
#[derive(Default)]
struct Writer {
    /// Until then, no entry ends that was there when the table was made.
    next_end: Option<Millis>,
    last_logged: Option<Duration>,
}

impl Writer {
    /// Returns whether removing entries makes space.
    fn has_ended_entries(&self, now: Duration) -> bool {
        self.next_end.is_none_or(|end| end.to_duration() <= now)
    }
}

impl List {
    pub(super) fn new(settings: RevocationSettings) -> Self {
        Self {
            settings,
            key: HashKey::random(),
            clock: OnceLock::new(),
            flags: AtomicU8::new(0),
            table: ArcSwap::from_pointee(Table::with_capacity(0)),
            len: AtomicUsize::new(0),
            max_lifetime: AtomicU64::new(0),
            leeway: AtomicU64::new(0),
            unknown_before: AtomicU64::new(0),
            writer: Mutex::default(),
            version: AtomicU64::new(0),
            changed: watch::Sender::new(()),
        }
    }

    /// Takes over the clock of the first layer, and the longest lifetime and leeway of all.
    pub(super) fn bind(&self, clock: &Arc<dyn Clock>, lifetime: Duration, leeway: Duration) {
        self.clock.get_or_init(|| Arc::clone(clock));
        let raise = |to: &AtomicU64, value| {
            // Relaxed: read by itself.
            to.fetch_max(Millis::from_duration(value).0, Ordering::Relaxed);
        };
        raise(&self.max_lifetime, lifetime);
        raise(&self.leeway, leeway);
    }

    /// Returns the maximum lifetime of tokens.
    pub(super) fn max_lifetime(&self) -> Duration {
        if let Some(lifetime) = self.settings.max_lifetime {
            return lifetime;
        }
        match self.max_lifetime.load(Ordering::Relaxed) {
            // No layer has the list yet: whichever comes first may have tokens that live for long.
            0 => *LIFETIME.end(),
            millis => Duration::from_millis(millis),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Returns the number of changes so far.
    pub(super) fn version(&self) -> u64 {
        // Acquire: pairs with the Release of `announce`, so that the change itself is seen.
        self.version.load(Ordering::Acquire)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Returns the time since 1970.
    pub(super) fn now(&self) -> Duration {
        let clock = self.clock.get();
        clock.map_or_else(
            || clock::since_epoch(&SystemClock),
            |clock| clock::since_epoch(&**clock),
        )
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looking up.
impl List {
    /// Returns whether no token needs to be compared.
    #[inline]
    pub(super) fn revokes_nothing(&self) -> bool {
        // Relaxed: a request that comes after `add` has returned reads the flag that it has set.
        self.flags.load(Ordering::Relaxed) == 0
    }

    /// Returns what the list says about a token. `now` is the time since 1970.
    pub(super) fn state(&self, token: &Revocable, now: Duration) -> RevocationState {
        // Acquire: pairs with the Release of `add`, so that the entry is there.
        let flags = self.flags.load(Ordering::Acquire);
        let table = self.table.load();
        let issued_at = token.issued_at();
        let mut digests = token.digests();
        let is_listed = |(kind, digest): (Kind, Digest)| {
            flags & flag(kind) != 0 && self.is_in(&table, digest, issued_at, now)
        };
        if digests.any(is_listed) {
            RevocationState::Revoked
        } else {
            self.state_if_unlisted(flags, issued_at, now)
        }
    }

    /// Returns the digests of the ids of a token, and bits that say which it has.
    pub(super) fn digests(&self, ids: &TokenIds<'_>) -> (u8, [Digest; 8]) {
        let issuer = self.key.issuer(ids.issuer);
        let (mut has, mut digests) = (0, [Digest(0, 0); 8]);
        let of_token = KINDS.into_iter().zip(ids.by_kind()).zip(BITS);
        for (((kind, id), bit), digest) in of_token.zip(&mut digests) {
            if let Some(id) = id {
                *digest = issuer.id(kind, id);
                has |= bit;
            }
        }
        (has, digests)
    }

    fn is_in(
        &self,
        table: &Table,
        digest: Digest,
        issued_at: Option<Duration>,
        now: Duration,
    ) -> bool {
        let found = table.get(digest).map(Entry::unpack);
        found.is_some_and(|entry| self.is_in_force(entry, issued_at, now))
    }

    /// Returns what is known of a token that is not in the list.
    fn state_if_unlisted(
        &self,
        flags: u8,
        issued_at: Option<Duration>,
        now: Duration,
    ) -> RevocationState {
        if flags & OVERFLOW != 0 && self.is_in_force(self.not_stored(), issued_at, now) {
            RevocationState::Unknown
        } else {
            RevocationState::NotRevoked
        }
    }

    fn is_in_force(&self, entry: Entry, issued_at: Option<Duration>, now: Duration) -> bool {
        entry.applies_to(issued_at) && now < entry.end(self.max_lifetime()).to_duration()
    }

    /// Returns an entry in place of all that were not stored: which applies to the tokens of all
    /// issuers.
    fn not_stored(&self) -> Entry {
        Entry {
            kind: Kind::Issuer,
            // Relaxed: the flag was set after it.
            time: Millis(self.unknown_before.load(Ordering::Relaxed)),
        }
    }
}

/// Adding.
impl List {
    pub(super) fn add(&self, revocation: &Revocation<'_>) -> Result<(), RevocationsFull> {
        let mut writer = self.lock();
        let now = self.now();
        let entry = self.entry(revocation, now);
        let has_ended = |entry: Entry| entry.end(self.max_lifetime()).to_duration() <= now;
        if has_ended(entry) {
            return Ok(());
        }
        let digest = self
            .key
            .issuer(revocation.issuer)
            .id(entry.kind, revocation.id);
        let is_stored = self.store(&mut writer, digest, entry, now);
        if is_stored {
            // Release: pairs with the Acquire of `state`, so that the entry is seen with the flag.
            self.flags.fetch_or(flag(entry.kind), Ordering::Release);
        } else {
            self.note_overflow(&mut writer, self.issued_before(revocation, now), now);
        }
        drop(writer);
        self.announce();
        is_stored
            .then_some(())
            .ok_or(RevocationsFull::new(self.settings.max_entries))
    }

    /// Stores an entry. Returns whether there is space.
    fn store(&self, writer: &mut Writer, digest: Digest, entry: Entry, now: Duration) -> bool {
        let table = self.table.load();
        if table.raise(digest, entry.pack()) {
            return true;
        }
        if self.len() >= self.settings.max_entries && !writer.has_ended_entries(now) {
            return false;
        }
        let is_full = self.len() >= table.capacity().min(self.settings.max_entries);
        drop(table);
        if is_full {
            self.rebuild(writer, now);
        }
        if self.len() >= self.settings.max_entries {
            return false;
        }
        self.table.load().insert(digest, entry.pack());
        // Relaxed: changed under the lock only.
        self.len.fetch_add(1, Ordering::Relaxed);
        let end = entry.end(self.max_lifetime());
        writer.next_end = writer
            .next_end
            .map_or(Some(end), |next| Some(next.min(end)));
        true
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

    fn flags_of(&self, entries: &[(Digest, u64)], now: Duration) -> u8 {
        let kinds = entries
            .iter()
            .map(|(_, value)| flag(Entry::unpack(*value).kind));
        let kinds = kinds.fold(0, |all, flag| all | flag);
        let is_over = self.not_stored().end(self.max_lifetime()).to_duration() <= now;
        let overflow = self.flags.load(Ordering::Relaxed) & OVERFLOW;
        kinds | if is_over { 0 } else { overflow }
    }

    /// Notes that a revocation is not stored, which applies to tokens that were issued before a
    /// time.
    fn note_overflow(&self, writer: &mut Writer, before: Millis, now: Duration) {
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
            trace::revocations_full(self.settings.max_entries);
        }
    }

    /// Wakes the streams, which compare their tokens again.
    fn announce(&self) {
        // Release: pairs with the Acquire of `version`, so that the change is seen with it.
        self.version.fetch_add(1, Ordering::Release);
        self.changed.send_replace(());
    }

    fn entry(&self, revocation: &Revocation<'_>, now: Duration) -> Entry {
        let time = match revocation.time {
            Time::IssuedBefore(_) => self.issued_before(revocation, now),
            Time::Token { expires_at, .. } => {
                let latest = Millis::from_duration(now).plus(MAX_STAY);
                Millis::from_time(expires_at).min(latest)
            }
        };
        Entry {
            kind: revocation.kind,
            time,
        }
    }

    /// Returns the time before which the tokens were issued that a revocation applies to.
    fn issued_before(&self, revocation: &Revocation<'_>, now: Duration) -> Millis {
        let leeway = Duration::from_millis(self.leeway.load(Ordering::Relaxed));
        // Tokens that are there have an `iat` up to now, or ahead by what the clocks differ.
        let (now, ahead) = (
            now.saturating_add(ONE),
            now.saturating_add(leeway).saturating_add(ONE),
        );
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
}

/// Times are compared in milliseconds: what is a millisecond later is later.
const ONE: Duration = Duration::from_millis(1);

/// Returns the flag of a kind.
const fn flag(kind: Kind) -> u8 {
    1 << kind.number()
}
