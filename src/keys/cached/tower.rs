//! What is known of the fetches: which is under way, how the last one ended, when the next may start.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::after;
use super::flight::Ticket;
use super::settings::CacheSettings;
use super::snapshot::random_fraction;
use super::unknown::Budget;
use crate::keys::fetch::FetchError;
use crate::keys::health::FetchHealth;
use crate::keys::source::KeysError;

/// Between the end of a fetch that failed and the start of the next.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that an issuer may ask for by `Retry-After`.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(60);

/// What only fetches change. Locked for moments, never across an await, and never on the way of a token whose key is
/// at hand.
pub(super) struct Tower {
    flight: Option<Flight>,
    /// After that a flight is lost: its runtime is not polled any more.
    longest_flight: Duration,
    started: u64,
    ended: u64,
    failed: u64,
    pub(super) budget: Budget,
    /// Failures in a row.
    failures: u32,
    pub(super) failure: Option<Failure>,
    /// What was said of keys that nobody confirmed any more.
    pub(super) said: Said,
}

/// A fetch that is under way.
struct Flight {
    number: u64,
    ticket: Ticket,
    since: Instant,
}

/// How bad it was said to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    Nothing,
    Stale,
    Expired,
}

/// The last fetch failed.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) cause: Arc<FetchError>,
    pub(super) retry_at: Instant,
}

impl Tower {
    pub(super) fn new(settings: &CacheSettings) -> Self {
        Self {
            flight: None,
            longest_flight: settings.longest_flight(),
            started: 0,
            ended: 0,
            failed: 0,
            budget: Budget::new(settings),
            failures: 0,
            failure: None,
            said: Said::Nothing,
        }
    }

    /// The flight that is under way, unless it is lost.
    pub(super) fn flight(&self, now: Instant) -> Option<Ticket> {
        let lost = |flight: &&Flight| now >= after(flight.since, self.longest_flight);
        self.flight
            .as_ref()
            .filter(|flight| !lost(flight))
            .map(|flight| flight.ticket.clone())
    }

    /// Takes note of a flight; gives its number.
    pub(super) fn depart(&mut self, ticket: Ticket, now: Instant) -> u64 {
        self.started = self.started.wrapping_add(1);
        self.flight = Some(Flight {
            number: self.started,
            ticket,
            since: now,
        });
        self.started
    }

    /// Clears the slot, if it still is that flight's; gives when it departed.
    pub(super) fn clear(&mut self, number: u64) -> Option<Instant> {
        let flight = self.flight.take_if(|flight| flight.number == number)?;
        self.ended = self.ended.saturating_add(1);
        Some(flight.since)
    }

    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn health(&self) -> FetchHealth {
        let last_error = self
            .failure
            .as_ref()
            .map(|failure| failure.cause.to_string());
        FetchHealth {
            last_error,
            fetches: self.ended,
            failures: self.failed,
            ..FetchHealth::default()
        }
    }

    pub(super) fn succeed(&mut self) {
        self.failures = 0;
        self.failure = None;
        self.said = Said::Nothing;
    }

    /// The runtime went away under the flight, which says nothing of the issuer: the next may depart at once.
    pub(super) fn abort(&mut self, now: Instant) {
        self.failed = self.failed.saturating_add(1);
        self.failure = Some(Failure {
            cause: Arc::new(FetchError::NoRuntime),
            retry_at: now,
        });
    }

    /// The pause counts from the departure: a fetch that hung has been pause enough. Gives its end.
    pub(super) fn fail(
        &mut self,
        cause: Arc<FetchError>,
        since: Instant,
        settings: &CacheSettings,
        now: Instant,
    ) -> Instant {
        let shortest = after(now, settings.first_pause.min(SHORTEST_PAUSE));
        let asked = after(now, asked_pause(&cause));
        let retry_at = after(since, pause(self.failures, settings))
            .max(shortest)
            .max(asked);
        self.failures = self.failures.saturating_add(1);
        self.failed = self.failed.saturating_add(1);
        self.failure = Some(Failure { cause, retry_at });
        retry_at
    }
}

impl Failure {
    pub(super) fn error(&self, now: Instant) -> KeysError {
        let cause = Arc::clone(&self.cause);
        KeysError::shared(self.retry_at.saturating_duration_since(now), cause)
    }
}

/// Exponential and jittered.
fn pause(failures: u32, settings: &CacheSettings) -> Duration {
    let doubled = settings
        .first_pause
        .saturating_mul(2_u32.saturating_pow(failures))
        .min(settings.longest_pause);
    // Less than the whole of it, and no less than nothing.
    doubled.mul_f64(1.0 - 0.25 * random_fraction())
}

/// What the issuer asks for.
fn asked_pause(cause: &FetchError) -> Duration {
    match cause {
        FetchError::Status(_, Some(asked)) => (*asked).min(LONGEST_ASKED_PAUSE),
        _ => Duration::ZERO,
    }
}
