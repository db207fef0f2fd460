//! The time during which stale keys are usable.

use tokio::time::Instant;

use super::atomic_instant::AtomicInstant;

/// The time until which stale keys are usable.
///
/// A time, not a flag that some task clears: if the cache's tasks are not polled any more, nothing
/// would clear it. Once the time has passed, the next request starts a fetch.
///
/// A reader that sees an older value uses stale keys a moment longer, or calls `refresh`, which
/// looks again under the lock of the fetch state. The time is rounded down, so that the grace for a
/// fetch never outlasts the fetch.
pub(super) struct Grace(AtomicInstant);

impl Grace {
    pub(super) const fn new(now: Instant) -> Self {
        Self(AtomicInstant::new(now))
    }

    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.0.is_after(now)
    }

    /// Extends the time, but never shortens it: the delay that an issuer has asked for stays within
    /// the grace, whichever fetch fails meanwhile.
    pub(super) fn extend(&self, until: Instant) {
        self.0.set_to_later(until);
    }

    pub(super) fn close(&self) {
        self.0.set_to_origin();
    }
}
