//! The list: what is added, what a token is compared with, and when entries end.

mod adding;
mod look_up;
mod merging;

use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::hash_key::HashKey;
use super::kind::{Entry, Kind};
use super::limits::LIFETIME;
use super::settings::RevocationSettings;
use super::shared::Sharing;
use super::table::Table;
use super::time::Millis;
use crate::clock::{self, Clock, SystemClock};

/// The flag that a revocation was not stored. Those below are those of the kinds.
const OVERFLOW: u16 = 1 << 7;
/// The flag of a list that has a store. It is never cleared.
const SHARED: u16 = 1 << 8;
/// The minimum time between two log events.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

pub(super) struct List {
    pub(super) settings: RevocationSettings,
    key: HashKey,
    /// The first layer's.
    clock: OnceLock<Arc<dyn Clock>>,
    /// The kinds of which there are entries. While it is 0, nothing else is read.
    flags: AtomicU16,
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
    /// The store, if there is one.
    sharing: Option<Sharing>,
}

/// What only the thread that adds needs.
#[derive(Default)]
struct Writer {
    /// Until then, no entry ends that was there when the table was made.
    next_end: Option<Millis>,
    last_logged: Option<Duration>,
    /// How many were not logged since.
    suppressed: u64,
}

impl Writer {
    /// Returns whether removing entries makes space.
    fn has_ended_entries(&self, now: Duration) -> bool {
        self.next_end.is_none_or(|end| end.to_duration() <= now)
    }
}

impl List {
    pub(super) fn new(settings: RevocationSettings) -> Arc<Self> {
        Arc::new_cyclic(|list| {
            let sharing = Sharing::new(&settings, list);
            Self::with(settings, sharing)
        })
    }

    fn with(settings: RevocationSettings, sharing: Option<Sharing>) -> Self {
        let is_shared = sharing.is_some();
        Self {
            settings,
            // Instances that share a list must compute the same digests.
            key: if is_shared {
                HashKey::Shared
            } else {
                HashKey::random()
            },
            clock: OnceLock::new(),
            flags: AtomicU16::new(if is_shared { SHARED } else { 0 }),
            table: ArcSwap::from_pointee(Table::with_capacity(0)),
            len: AtomicUsize::new(0),
            max_lifetime: AtomicU64::new(0),
            leeway: AtomicU64::new(0),
            unknown_before: AtomicU64::new(0),
            writer: Mutex::default(),
            version: AtomicU64::new(0),
            changed: watch::Sender::new(()),
            sharing,
        }
    }

    /// Returns what is done with the store, if there is one. Starts it, if it does not run.
    pub(super) fn sharing(&self) -> Option<&Sharing> {
        self.sharing.as_ref().inspect(|sharing| sharing.start())
    }

    /// Returns whether a revocation is missing that was not stored here.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.settings.max_entries
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
        // Without a runtime, the first request starts it.
        self.sharing();
    }

    /// Returns the maximum lifetime of tokens.
    pub(super) fn max_lifetime(&self) -> Duration {
        // No layer has the list yet: whichever comes first may have tokens that live for long.
        self.known_max_lifetime().unwrap_or(*LIFETIME.end())
    }

    /// Returns the maximum lifetime of tokens, if it is set, or a layer has the list.
    fn known_max_lifetime(&self) -> Option<Duration> {
        self.settings.max_lifetime.or_else(|| {
            let millis = self.max_lifetime.load(Ordering::Relaxed);
            (millis > 0).then(|| Duration::from_millis(millis))
        })
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

/// Returns the flag of a kind.
const fn flag(kind: Kind) -> u16 {
    1 << kind.number()
}

/// Returns whether the end of an entry has passed.
fn has_ended(entry: Entry, max_lifetime: Duration, now: Duration) -> bool {
    entry.end(max_lifetime).to_duration() <= now
}
