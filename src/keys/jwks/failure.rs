//! Failed fetches, and when the next one may start.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::after;
use super::fetch_error::FetchError;
use super::fetch_state::{FetchReason, FetchStart};
use super::settings::JwksCacheSettings;
use super::shown::with_causes;
use super::times::random_fraction;
use crate::jwk::SkippedKey;
use crate::keys::source::KeysError;

/// The minimum time between the end of a failed fetch and the start of the next one, unless the
/// `min` of `backoff` is shorter. Bounds the load on an issuer whose fetches fail only after a long
/// time.
const MIN_RETRY_DELAY: Duration = Duration::from_millis(250);

/// The maximum time that an issuer can ask for with `Retry-After`. Bounds how long an error of the
/// issuer can delay recovery.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// As [`MAX_RETRY_AFTER`], for a fetch that a token forced. The token may be forged, and the next
/// one may need a key that is new.
const MAX_FORCED_RETRY_AFTER: Duration = Duration::from_secs(30);

/// A failed fetch.
pub(super) struct Failure {
    cause: Arc<FetchError>,
    reason: FetchReason,
    /// The end of the backoff, without what the issuer has asked for.
    backoff_until: Instant,
    /// The time at which the next fetch may start.
    pub(super) retry_at: Instant,
}

impl Failure {
    /// Returns a failure that followed `failures` others. The backoff counts from the start of the
    /// fetch, so the time that a slow fetch took is part of it.
    pub(super) fn new(
        cause: Arc<FetchError>,
        start: FetchStart,
        failures: u32,
        settings: &JwksCacheSettings,
        now: Instant,
    ) -> Self {
        let backoff_until = after(start.at, backoff(failures, settings))
            .max(after(now, settings.min_backoff.min(MIN_RETRY_DELAY)));
        let requested = cause.retry_after().min(max_retry_after(start.reason));
        Self {
            cause,
            reason: start.reason,
            backoff_until,
            retry_at: backoff_until.max(after(now, requested)),
        }
    }

    /// Returns a failure that says nothing about the issuer: the next fetch may start at once.
    pub(super) fn aborted(cause: Arc<FetchError>, reason: FetchReason, now: Instant) -> Self {
        Self {
            cause,
            reason,
            backoff_until: now,
            retry_at: now,
        }
    }

    /// Returns when a scheduled fetch may start, which was due at `due_at`. What the issuer has
    /// asked for when a token forced a fetch does not hold it back.
    pub(super) fn scheduled_at(&self, due_at: Instant) -> Instant {
        match self.reason {
            FetchReason::Scheduled => self.retry_at,
            FetchReason::Forced => self.retry_at.min(due_at.max(self.backoff_until)),
        }
    }

    /// Returns the reason for a retry before a scheduled fetch is due.
    pub(super) const fn reason(&self) -> FetchReason {
        self.reason
    }

    pub(super) fn message(&self) -> String {
        with_causes(&*self.cause)
    }

    /// Returns the keys of a JWK set of which none is usable.
    pub(super) fn skipped(&self) -> &[SkippedKey] {
        self.cause.skipped()
    }

    /// Returns the error for requests that need a fetch now.
    pub(super) fn error(&self, now: Instant) -> KeysError {
        let retry_after = self.retry_at.saturating_duration_since(now);
        KeysError::shared(retry_after, self.cause.clone())
    }
}

/// Returns the exponential backoff after a failure that followed `failures` others, with jitter.
fn backoff(failures: u32, settings: &JwksCacheSettings) -> Duration {
    // Saturation is meant: the maximum applies anyway.
    let doubled = settings
        .min_backoff
        .saturating_mul(2_u32.saturating_pow(failures))
        .min(settings.max_backoff);
    // A factor in (0.75, 1]: `mul_f64` panics only on overflow and on negative results.
    doubled.mul_f64(1.0 - 0.25 * random_fraction())
}

const fn max_retry_after(reason: FetchReason) -> Duration {
    match reason {
        FetchReason::Scheduled => MAX_RETRY_AFTER,
        FetchReason::Forced => MAX_FORCED_RETRY_AFTER,
    }
}
