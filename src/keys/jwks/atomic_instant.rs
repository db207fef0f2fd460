//! A point in time that requests read without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::time::Instant;

/// A point in time, at first its origin. In milliseconds, rounded down.
///
/// `Relaxed` is enough: the time is one number that no other memory depends on. Writers hold the
/// lock of the fetch state, which orders their writes.
pub(super) struct AtomicInstant {
    origin: Instant,
    /// Since `origin`.
    millis: AtomicU64,
}

impl AtomicInstant {
    pub(super) const fn new(origin: Instant) -> Self {
        Self {
            origin,
            millis: AtomicU64::new(0),
        }
    }

    pub(super) fn is_after(&self, now: Instant) -> bool {
        self.millis(now) < self.millis.load(Relaxed)
    }

    pub(super) fn set(&self, time: Instant) {
        self.millis.store(self.millis(time), Relaxed);
    }

    pub(super) fn set_to_later(&self, time: Instant) {
        self.millis.fetch_max(self.millis(time), Relaxed);
    }

    pub(super) fn set_to_origin(&self) {
        self.millis.store(0, Relaxed);
    }

    fn millis(&self, time: Instant) -> u64 {
        // Saturates after 584 million years.
        u64::try_from(time.saturating_duration_since(self.origin).as_millis()).unwrap_or(u64::MAX)
    }
}
