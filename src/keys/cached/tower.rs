//! What is known of the fetches: which is under way, how the last one ended, when the next may start.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::flight::Ticket;
use super::settings::CacheSettings;
use super::snapshot::random_fraction;
use super::unknown::Budget;
use super::{Way, after};
use crate::keys::fetch::FetchError;
use crate::keys::health::FetchHealth;
use crate::keys::source::KeysError;

/// The longest pause that an issuer may ask for by `Retry-After`.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(60);

/// What only fetches change. Locked for moments, never across an await, and never on the way of a token whose key is
/// at hand.
pub(super) struct Tower {
    flight: Option<(u64, Ticket)>,
    started: u64,
    ended: u64,
    failed: u64,
    pub(super) budget: Budget,
    /// Failures in a row.
    failures: u32,
    pub(super) failure: Option<Failure>,
    /// It was said that the keys are stale.
    pub(super) stale: bool,
}

/// The last fetch failed.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) cause: Arc<FetchError>,
    pub(super) retry_at: Instant,
}

impl Tower {
    pub(super) const fn new(budget: Budget) -> Self {
        Self { flight: None, started: 0, ended: 0, failed: 0, budget, failures: 0, failure: None, stale: false }
    }

    /// The flight that is under way.
    pub(super) fn flight(&self) -> Option<Ticket> {
        self.flight.as_ref().map(|(_, ticket)| ticket.clone())
    }

    /// Takes note of a flight; gives its number.
    pub(super) fn depart(&mut self, ticket: Ticket) -> u64 {
        self.started = self.started.wrapping_add(1);
        self.flight = Some((self.started, ticket));
        self.started
    }

    /// Clears the slot, if it still is that flight's.
    pub(super) fn clear(&mut self, number: u64) -> bool {
        let theirs = self.flight.as_ref().is_some_and(|(flight, _)| *flight == number);
        if theirs {
            self.flight = None;
            self.ended = self.ended.saturating_add(1);
        }
        theirs
    }

    /// After a failure there is a pause before anybody may ask again.
    pub(super) fn pausing(&self, now: Instant) -> Option<Way> {
        let failure = self.failure.as_ref().filter(|failure| now < failure.retry_at);
        failure.map(|failure| Way::Fail(failure.error(now)))
    }

    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn health(&self) -> FetchHealth {
        let last_error = self.failure.as_ref().map(|failure| failure.cause.to_string());
        FetchHealth { last_error, fetches: self.ended, failures: self.failed, ..FetchHealth::default() }
    }

    pub(super) fn succeed(&mut self) {
        self.failures = 0;
        self.failure = None;
        self.stale = false;
    }

    pub(super) fn fail(&mut self, cause: Arc<FetchError>, settings: &CacheSettings, now: Instant) {
        let pause = pause(self.failures, &cause, settings);
        self.failures = self.failures.saturating_add(1);
        self.failed = self.failed.saturating_add(1);
        self.failure = Some(Failure { cause, retry_at: after(now, pause) });
    }
}

impl Failure {
    pub(super) fn error(&self, now: Instant) -> KeysError {
        let cause = Arc::clone(&self.cause);
        KeysError::shared(self.retry_at.saturating_duration_since(now), cause)
    }
}

/// Exponential and jittered, or longer where the issuer asks for it.
fn pause(failures: u32, cause: &FetchError, settings: &CacheSettings) -> Duration {
    let doubled = settings.first_pause.saturating_mul(2_u32.saturating_pow(failures)).min(settings.longest_pause);
    let jittered = doubled.mul_f64(1.0 - 0.25 * random_fraction());
    match cause {
        FetchError::Status(_, Some(asked)) => jittered.max((*asked).min(LONGEST_ASKED_PAUSE)),
        _ => jittered,
    }
}
