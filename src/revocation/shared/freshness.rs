//! How old the list is: compared with the time at each request, so that it depends on no task.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::OnStaleRevocations;
use crate::trace;

/// What a list is worth, in the order in which it ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::revocation) enum Phase {
    Fresh,
    LastKnown,
    Useless,
}

/// When the list was last up to date, and what that means. Measured with a monotonic clock: the
/// system clock may be set back.
pub(super) struct Freshness {
    on_stale: OnStaleRevocations,
    max_staleness: Duration,
    /// When the list was made.
    base: Instant,
    /// In milliseconds after `base`, and one more. 0: the list was not loaded yet.
    up_to_date_at: AtomicU64,
    /// The phase that was logged last.
    logged: AtomicU8,
    loaded: watch::Sender<bool>,
    rejected: AtomicU64,
    accepted: AtomicU64,
}

impl Freshness {
    pub(super) fn new(on_stale: OnStaleRevocations, max_staleness: Duration) -> Self {
        Self {
            on_stale,
            max_staleness,
            base: Instant::now(),
            up_to_date_at: AtomicU64::new(0),
            logged: AtomicU8::new(0),
            loaded: watch::Sender::new(false),
            rejected: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
        }
    }

    /// Returns whether a request is accepted while the list is stale, and counts it.
    #[cold]
    pub(super) fn accept_stale(&self, phase: Phase) -> bool {
        self.log(phase);
        let is_accepted = phase == Phase::LastKnown;
        let counter = if is_accepted {
            &self.accepted
        } else {
            &self.rejected
        };
        // Relaxed: for display only.
        counter.fetch_add(1, Ordering::Relaxed);
        is_accepted
    }

    /// Notes that the list has what was stored at a time.
    pub(super) fn confirm(&self, at: Instant) {
        let millis = self.millis(at).saturating_add(1);
        // Release: pairs with the Acquire of `up_to_date_at`, so that the entries are seen with it.
        self.up_to_date_at.fetch_max(millis, Ordering::Release);
        if self.phase() == Phase::Fresh && self.logged.swap(0, Ordering::Relaxed) != 0 {
            trace::revocations_up_to_date();
        }
        self.loaded.send_if_modified(|loaded| {
            let is_first = !*loaded;
            *loaded = true;
            is_first
        });
    }

    /// Logs that the list is stale, if it is, once.
    pub(super) fn check(&self) {
        self.log(self.phase());
    }

    /// Returns when the list is stale unless it is confirmed.
    pub(super) fn stale_at(&self) -> Option<Instant> {
        let at = self.base.checked_add(self.up_to_date_at()?)?;
        // A millisecond later, it is older than that.
        at.checked_add(self.max_staleness)?
            .checked_add(Duration::from_millis(1))
    }

    /// Returns the time since the list was up to date. `None` before it was loaded.
    pub(super) fn age(&self) -> Option<Duration> {
        let now = Duration::from_millis(self.millis(Instant::now()));
        Some(now.saturating_sub(self.up_to_date_at()?))
    }

    pub(super) fn is_stale(&self) -> bool {
        self.phase() != Phase::Fresh
    }

    pub(super) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }

    pub(super) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(super) fn loaded(&self) -> watch::Receiver<bool> {
        self.loaded.subscribe()
    }

    /// After `base`.
    fn up_to_date_at(&self) -> Option<Duration> {
        // Acquire: pairs with the Release of `confirm`.
        let millis = self.up_to_date_at.load(Ordering::Acquire);
        millis.checked_sub(1).map(Duration::from_millis)
    }

    #[inline]
    pub(super) fn phase(&self) -> Phase {
        let Some(age) = self.age() else {
            return Phase::Useless;
        };
        if age <= self.max_staleness {
            return Phase::Fresh;
        }
        match self.on_stale {
            OnStaleRevocations::UseLastKnownFor(max_age) if age <= max_age => Phase::LastKnown,
            _ => Phase::Useless,
        }
    }

    fn log(&self, phase: Phase) {
        // Before the first load, the failures are logged.
        let Some(age) = self.age() else { return };
        let (number, text) = match phase {
            Phase::Fresh => return,
            Phase::LastKnown => (1, self.on_stale.text()),
            Phase::Useless => (2, OnStaleRevocations::Reject.text()),
        };
        if self.logged.fetch_max(number, Ordering::Relaxed) < number {
            trace::revocations_stale(age, text);
        }
    }

    fn millis(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.base).as_millis();
        u64::try_from(since).unwrap_or(u64::MAX)
    }
}
