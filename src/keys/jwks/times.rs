//! The times of a key set.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use super::after;
use super::settings::JwksCacheSettings;

/// The times of a key set. All are monotonic: changes of the system clock have no effect.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "points in time, not durations")]
pub(super) struct Times {
    pub(super) fetched_at: Instant,
    pub(super) refresh_at: Instant,
    /// The end of the TTL.
    pub(super) stale_at: Instant,
    /// The end of the TTL and of `stale_if_error`.
    pub(super) expires_at: Instant,
}

impl Times {
    pub(super) fn new(now: Instant, ttl: Duration, settings: &JwksCacheSettings) -> Self {
        Self {
            fetched_at: now,
            refresh_at: after(now, refresh_delay(ttl, settings)),
            stale_at: after(now, ttl),
            expires_at: after(now, ttl.saturating_add(settings.stale_if_error)),
        }
    }

    /// Returns the times of the same set, which ends at `until` at the latest.
    pub(super) fn limited(self, until: Instant) -> Self {
        Self {
            stale_at: self.stale_at.min(until),
            expires_at: self.expires_at.min(until),
            ..self
        }
    }
}

/// Returns `refresh_at_percent` of a TTL, less a random part of up to an eighth, so that instances
/// that started together do not fetch together.
fn refresh_delay(ttl: Duration, settings: &JwksCacheSettings) -> Duration {
    // A factor below 1, since `refresh_at_percent` is at most 95: `mul_f64` can't overflow.
    ttl.mul_f64(f64::from(settings.refresh_at_percent) / 100.0 * (1.0 - random_fraction() / 8.0))
}

/// Returns a random number in [0, 1), good enough for jitter, not for secrets.
pub(super) fn random_fraction() -> f64 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    f64::from(u32::from_ne_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
}
