//! Until when keys may serve beyond their life.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::time::Instant;

/// A time, and not a flag that somebody clears: were the tasks of the cache not polled any more, nobody would. When it
/// has passed, the next request sees to it that there is a fetch.
pub(super) struct Cover {
    made: Instant,
    /// In milliseconds since then, so that requests read it without a lock.
    until: AtomicU64,
}

impl Cover {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            made: now,
            until: AtomicU64::new(0),
        }
    }

    pub(super) fn reaches(&self, now: Instant) -> bool {
        self.since_made(now) < self.until.load(Relaxed)
    }

    /// Never shortens it: a pause that the issuer asked for is covered, whatever fails meanwhile.
    pub(super) fn extend(&self, until: Instant) {
        self.until.fetch_max(self.since_made(until), Relaxed);
    }

    pub(super) fn end(&self) {
        self.until.store(0, Relaxed);
    }

    /// Rounded down, so that the cover of a flight never outlasts it.
    fn since_made(&self, time: Instant) -> u64 {
        u64::try_from(time.saturating_duration_since(self.made).as_millis()).unwrap_or(u64::MAX)
    }
}
