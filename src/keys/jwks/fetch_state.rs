//! The state of fetching: the fetch in flight, the outcome of the last one, and when the next one
//! may start.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::after;
use super::fetch_error::FetchError;
use super::refetch_limit::RefetchLimit;
use super::settings::JwksCacheSettings;
use super::single_flight::SharedFetch;
use super::snapshot::random_fraction;
use crate::keys::health::FetchHealth;
use crate::keys::source::KeysError;

/// The minimum time between the end of a failed fetch and the start of the next one, unless the
/// `min` of `backoff` is shorter. Bounds the load on an issuer whose fetches fail only after a long
/// time.
const MIN_RETRY_DELAY: Duration = Duration::from_millis(250);

/// The maximum time that an issuer can ask for with `Retry-After`. Bounds how long an error of the
/// issuer can delay recovery.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The state of fetching. See [`Shared`](super::cache::Shared) for its lock.
pub(super) struct FetchState {
    in_flight: Option<Fetch>,
    /// The time after which a fetch is given up: its runtime is not polled any more.
    max_fetch_duration: Duration,
    /// The number of fetches that have started, which is also the id of the last one.
    started: u64,
    ended: u64,
    failed: u64,
    pub(super) refetch_limit: RefetchLimit,
    consecutive_failures: u32,
    /// The failure of the last fetch. `None` if it succeeded.
    pub(super) last_failure: Option<Failure>,
    pub(super) reported_staleness: ReportedStaleness,
}

/// A fetch in flight.
struct Fetch {
    id: u64,
    shared: SharedFetch,
    started_at: Instant,
}

/// The staleness that events have reported since the last successful fetch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReportedStaleness {
    None,
    Stale,
    Expired,
}

/// A failed fetch.
pub(super) struct Failure {
    cause: Arc<FetchError>,
    /// The time at which the next fetch may start.
    pub(super) retry_at: Instant,
}

impl FetchState {
    pub(super) fn new(settings: &JwksCacheSettings) -> Self {
        Self {
            in_flight: None,
            max_fetch_duration: settings.max_fetch_duration(),
            started: 0,
            ended: 0,
            failed: 0,
            refetch_limit: RefetchLimit::new(settings),
            consecutive_failures: 0,
            last_failure: None,
            reported_staleness: ReportedStaleness::None,
        }
    }

    /// Returns the fetch in flight, unless it is to be given up.
    pub(super) fn in_flight(&self, now: Instant) -> Option<SharedFetch> {
        self.in_flight
            .as_ref()
            .filter(|fetch| now < after(fetch.started_at, self.max_fetch_duration))
            .map(|fetch| fetch.shared.clone())
    }

    /// Records the start of a fetch and returns its id.
    pub(super) fn start(&mut self, fetch: SharedFetch, now: Instant) -> u64 {
        // No process counts to 2^64.
        self.started = self.started.wrapping_add(1);
        self.in_flight = Some(Fetch {
            id: self.started,
            shared: fetch,
            started_at: now,
        });
        self.started
    }

    /// Records the end of a fetch and returns when it started. Returns `None` if the fetch was
    /// given up before and another has started, or has ended already.
    pub(super) fn finish(&mut self, fetch_id: u64) -> Option<Instant> {
        let fetch = self.in_flight.take_if(|fetch| fetch.id == fetch_id)?;
        self.ended = self.ended.saturating_add(1);
        Some(fetch.started_at)
    }

    /// Returns the number of consecutive failures.
    pub(super) const fn failures(&self) -> u32 {
        self.consecutive_failures
    }

    /// Returns the health without the fields that depend on the snapshot.
    pub(super) fn health(&self) -> FetchHealth {
        let last_failure = self.last_failure.as_ref();
        FetchHealth {
            last_error: last_failure.map(|failure| failure.cause.to_string()),
            fetches: self.ended,
            failures: self.failed,
            ..FetchHealth::default()
        }
    }

    /// Records a success.
    pub(super) fn succeed(&mut self) {
        self.consecutive_failures = 0;
        self.last_failure = None;
        self.reported_staleness = ReportedStaleness::None;
    }

    /// Records that the runtime was shut down during a fetch. That says nothing about the issuer,
    /// so the next fetch may start at once.
    pub(super) fn abort(&mut self, now: Instant) {
        self.failed = self.failed.saturating_add(1);
        self.last_failure = Some(Failure {
            cause: Arc::new(FetchError::NoRuntime),
            retry_at: now,
        });
    }

    /// Records a failure. The backoff counts from the start of the fetch, so the time that a slow
    /// fetch took is part of it.
    pub(super) fn fail(
        &mut self,
        cause: Arc<FetchError>,
        started_at: Instant,
        settings: &JwksCacheSettings,
        now: Instant,
    ) -> &Failure {
        let retry_at = after(started_at, backoff(self.consecutive_failures, settings))
            .max(after(now, settings.min_backoff.min(MIN_RETRY_DELAY)))
            .max(after(now, requested_delay(&cause)));
        // Saturation is meant: `backoff` has reached its maximum long before.
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        self.failed = self.failed.saturating_add(1);
        self.last_failure.insert(Failure { cause, retry_at })
    }
}

impl Failure {
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

/// Returns the delay that the issuer asks for with `Retry-After`, at most [`MAX_RETRY_AFTER`].
fn requested_delay(cause: &FetchError) -> Duration {
    match cause {
        FetchError::Status(_, Some(retry_after)) => (*retry_after).min(MAX_RETRY_AFTER),
        _ => Duration::ZERO,
    }
}
