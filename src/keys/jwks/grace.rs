//! The time during which stale keys are usable.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::time::Instant;

/// The time until which stale keys are usable.
///
/// A time, not a flag that some task clears: if the cache's tasks are not polled any more, nothing
/// would clear it. Once the time has passed, the next request starts a fetch.
///
/// `Relaxed` is enough: the time is one number that no other memory depends on. Writers hold the
/// lock of the fetch state, which orders their writes. A reader that sees an older value uses stale
/// keys a moment longer, or calls `refresh`, which looks again under that lock.
pub(super) struct Grace {
    created_at: Instant,
    /// In milliseconds since `created_at`, so that requests read it without a lock.
    until: AtomicU64,
}

impl Grace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            created_at: now,
            until: AtomicU64::new(0),
        }
    }

    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.millis(now) < self.until.load(Relaxed)
    }

    /// Extends the time, but never shortens it: the delay that an issuer has asked for stays within
    /// the grace, whichever fetch fails meanwhile.
    pub(super) fn extend(&self, until: Instant) {
        self.until.fetch_max(self.millis(until), Relaxed);
    }

    pub(super) fn close(&self) {
        self.until.store(0, Relaxed);
    }

    /// Rounds down, so that the grace for a fetch never outlasts the fetch.
    fn millis(&self, time: Instant) -> u64 {
        // Saturates after 584 million years.
        u64::try_from(time.saturating_duration_since(self.created_at).as_millis())
            .unwrap_or(u64::MAX)
    }
}
