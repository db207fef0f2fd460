//! The state of fetching: the fetch in flight, the outcome of the last one, and when the next one
//! may start.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::after;
use super::failure::Failure;
use super::fetch_error::FetchError;
use super::refetch_limit::RefetchLimit;
use super::settings::JwksCacheSettings;
use super::single_flight::SharedFetch;
use crate::jwk::SkippedKey;
use crate::keys::health::FetchHealth;

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
    start: FetchStart,
}

/// When and why a fetch has started.
#[derive(Clone, Copy)]
pub(super) struct FetchStart {
    pub(super) at: Instant,
    pub(super) reason: FetchReason,
}

/// Why a fetch is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FetchReason {
    /// A refresh is due, there are no usable keys, or `prefetch` was called.
    Scheduled,
    /// A token that may be forged needs a key that is not cached, or was not signed by the cached
    /// key with its id.
    Forced,
}

/// The staleness that events have reported since the last successful fetch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReportedStaleness {
    None,
    Stale,
    Expired,
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
            .filter(|fetch| !self.is_overdue(fetch.start, now))
            .map(|fetch| fetch.shared.clone())
    }

    /// Records the start of a fetch and returns its id.
    pub(super) fn start(&mut self, fetch: SharedFetch, start: FetchStart) -> u64 {
        // No process counts to 2^64.
        self.started = self.started.wrapping_add(1);
        self.in_flight = Some(Fetch {
            id: self.started,
            shared: fetch,
            start,
        });
        self.started
    }

    /// Records the end of a fetch and returns its start. Returns `None` if the fetch was given up
    /// before and another has started, or has ended already.
    pub(super) fn finish(&mut self, fetch_id: u64) -> Option<FetchStart> {
        let fetch = self.in_flight.take_if(|fetch| fetch.id == fetch_id)?;
        self.ended = self.ended.saturating_add(1);
        Some(fetch.start)
    }

    /// Returns whether a fetch ends so late that its time limit can't have been in force: the
    /// process was frozen.
    pub(super) fn is_overdue(&self, start: FetchStart, now: Instant) -> bool {
        now >= after(start.at, self.max_fetch_duration)
    }

    /// Returns the number of consecutive failures.
    pub(super) const fn failures(&self) -> u32 {
        self.consecutive_failures
    }

    /// Returns the health without the fields that depend on the snapshot.
    pub(super) fn health(&self) -> FetchHealth {
        let last_failure = self.last_failure.as_ref();
        FetchHealth {
            last_error: last_failure.map(Failure::message),
            fetches: self.ended,
            failures: self.failed,
            ..FetchHealth::default()
        }
    }

    /// Returns the keys of the last fetched JWK set, if none of them was usable.
    pub(super) fn skipped(&self) -> &[SkippedKey] {
        self.last_failure
            .as_ref()
            .map(Failure::skipped)
            .unwrap_or_default()
    }

    /// Records a success.
    pub(super) fn succeed(&mut self) {
        self.consecutive_failures = 0;
        self.last_failure = None;
        self.reported_staleness = ReportedStaleness::None;
    }

    /// Records a fetch that has failed for another reason than the issuer: the next one may start
    /// at once.
    pub(super) fn abort(&mut self, cause: Arc<FetchError>, reason: FetchReason, now: Instant) {
        self.failed = self.failed.saturating_add(1);
        self.last_failure = Some(Failure::aborted(cause, reason, now));
    }

    /// Records a failure.
    pub(super) fn fail(
        &mut self,
        cause: Arc<FetchError>,
        start: FetchStart,
        settings: &JwksCacheSettings,
        now: Instant,
    ) -> &Failure {
        let failure = Failure::new(cause, start, self.consecutive_failures, settings, now);
        // Saturation is meant: the backoff has reached its maximum long before.
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        self.failed = self.failed.saturating_add(1);
        self.last_failure.insert(failure)
    }
}
