//! Fetches after invalid signatures by known keys: the issuer may have replaced a key under its id,
//! or a key of a set without ids.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::after;
use super::atomic_instant::AtomicInstant;
use super::cache::Shared;
use super::fetch_state::FetchReason;

/// The time after which another token may force a fetch if one was in flight: it may have read the
/// set before the issuer replaced the key.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// When the next fetch after an invalid signature may start. A limit of its own, so that forged
/// tokens of a known key can't use up the [`refetch_limit`](super::refetch_limit).
///
/// A reader that sees an older value looks again with the fetch state locked.
pub(super) struct SignatureRefetch(AtomicInstant);

impl SignatureRefetch {
    pub(super) const fn new(now: Instant) -> Self {
        Self(AtomicInstant::new(now))
    }

    /// Called for each forged token, so it only loads a number.
    pub(super) fn is_allowed(&self, now: Instant) -> bool {
        !self.0.is_after(now)
    }
}

impl Shared {
    /// Starts a fetch unless one is in flight, or the backoff after a failure has not passed. Waits
    /// for nothing.
    pub(super) fn refetch_after_invalid_signature(self: &Arc<Self>) {
        let (state, now) = (self.lock_state(), Instant::now());
        let next = &self.signature_refetch;
        if !next.is_allowed(now) {
            return;
        }
        let backoff = state
            .last_failure
            .as_ref()
            .filter(|failure| now < failure.retry_at);
        if let Some(failure) = backoff {
            next.0.set(failure.retry_at);
        } else if state.in_flight(now).is_some() {
            next.0.set(after(now, RETRY_DELAY));
        } else {
            let interval = self.context.settings.signature_refetch_interval;
            next.0.set(after(now, interval));
            // Fails only without a runtime, where nothing can be fetched.
            drop(self.join_or_start(state, FetchReason::Forced));
        }
    }
}
