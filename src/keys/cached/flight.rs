//! One fetch at a time, for everybody who waits.
//!
//! The hand-over: a flight's task stores the new snapshot first, then, under the lock, clears the slot, and only then
//! tells the waiters. Whoever wants keys looks at the snapshot under the same lock before boarding. So a caller either
//! sees the flight in the slot and waits for it, or comes after it was cleared and sees the snapshot that it stored: no
//! caller can miss both and start a second fetch for the same need. Were the task dropped or to panic, `Slot`'s drop
//! clears the slot, and the waiters learn it from the closed channel.

use std::pin::pin;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{Either, Shared, select};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};

use super::snapshot::{Snapshot, random_fraction};
use super::unknown::Budget;
use super::{Cache, Origin, after};
use crate::keys::fetch::{FetchError, Fetched};
use crate::keys::health::FetchHealth;
use crate::keys::source::KeysError;
use crate::trace;

/// The first pause after a failed fetch; doubled at each one that follows.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Short enough that service resumes within seconds of the issuer's return.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// The longest pause that an issuer may ask for by `Retry-After`.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(60);

/// A place among those who wait for a flight.
pub(super) type Ticket = Shared<oneshot::Receiver<Result<(), KeysError>>>;

/// What only fetches change. Locked for moments, never across an await, and never on the way of a token whose key is
/// at hand.
pub(super) struct Tower {
    flight: Option<(u64, Ticket)>,
    flights: u64,
    landed: u64,
    failed: u64,
    pub(super) budget: Budget,
    failures: u32,
    pub(super) failure: Option<Failure>,
}

/// The last fetch failed.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) cause: Arc<FetchError>,
    pub(super) retry_at: Instant,
}

impl Tower {
    pub(super) const fn new(budget: Budget) -> Self {
        Self { flight: None, flights: 0, landed: 0, failed: 0, budget, failures: 0, failure: None }
    }

    /// The flight that is under way.
    pub(super) fn flight(&self) -> Option<Ticket> {
        self.flight.as_ref().map(|(_, ticket)| ticket.clone())
    }

    pub(super) fn health(&self) -> FetchHealth {
        let last_error = self.failure.as_ref().map(|failure| failure.cause.to_string());
        FetchHealth { last_error, fetches: self.landed, failures: self.failed, ..FetchHealth::default() }
    }

    fn succeed(&mut self) {
        self.failures = 0;
        self.failure = None;
    }

    fn fail(&mut self, cause: FetchError, now: Instant) {
        let pause = pause(self.failures, &cause);
        self.failures = self.failures.saturating_add(1);
        self.failed = self.failed.saturating_add(1);
        self.failure = Some(Failure { cause: Arc::new(cause), retry_at: after(now, pause) });
    }
}

impl Failure {
    pub(super) fn error(&self, now: Instant) -> KeysError {
        let cause = Arc::clone(&self.cause);
        KeysError::shared(self.retry_at.saturating_duration_since(now), cause)
    }
}

impl Cache {
    pub(super) fn tower(&self) -> MutexGuard<'_, Tower> {
        // Nothing that holds the lock can panic half-way through a change.
        self.tower.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the flight that is under way, else starts one.
    pub(super) fn board(self: &Arc<Self>, tower: &mut Tower) -> Result<Ticket, KeysError> {
        if let Some(ticket) = tower.flight() {
            return Ok(ticket);
        }
        let runtime = Handle::try_current().map_err(|_| KeysError::new(LONGEST_PAUSE, FetchError::NoRuntime))?;
        let (arrival, ticket) = oneshot::channel();
        let ticket = ticket.shared();
        tower.flights = tower.flights.wrapping_add(1);
        tower.flight = Some((tower.flights, ticket.clone()));
        let etag = self.snapshot.load().etag().cloned();
        let slot = Slot { cache: Arc::downgrade(self), flight: tower.flights };
        runtime.spawn(fly(Arc::clone(&self.origin), etag, self.open.subscribe(), slot, arrival));
        Ok(ticket)
    }

    /// Takes in what a flight brought.
    fn land(&self, outcome: Result<Fetched, FetchError>) -> Result<(), KeysError> {
        let now = Instant::now();
        let landed = outcome.map(|fetched| self.snapshot.store(Arc::new(self.next_snapshot(fetched, now))));
        let mut tower = self.tower();
        tower.flight = None;
        tower.landed = tower.landed.saturating_add(1);
        match landed {
            Ok(()) => {
                trace::keys_fetched(self.snapshot.load().keys());
                self.unknown.forget_all();
                tower.succeed();
            }
            Err(cause) => {
                trace::fetch_failed(&cause);
                tower.fail(cause, now);
            }
        }
        self.set_failing(tower.failure.is_some());
        tower.failure.as_ref().map_or(Ok(()), |failure| Err(failure.error(now)))
    }

    fn next_snapshot(&self, fetched: Fetched, now: Instant) -> Snapshot {
        match fetched {
            Fetched::New { keys, headers } => Snapshot::new(Arc::new(keys), &headers, &self.origin.settings, now),
            Fetched::Unchanged { headers } => self.snapshot.load().renewed(&headers, &self.origin.settings, now),
        }
    }
}

/// A fetch. It ends early only if the cache itself is gone.
async fn fly(
    origin: Arc<Origin>,
    etag: Option<http::HeaderValue>,
    mut open: watch::Receiver<()>,
    slot: Slot,
    arrival: oneshot::Sender<Result<(), KeysError>>,
) {
    let settings = &origin.settings;
    let fetch = origin.target.fetch(&origin.client, etag.as_ref(), settings.body_limit);
    let fetch = pin!(timeout(settings.fetch_timeout, fetch));
    let Either::Left((outcome, _)) = select(fetch, pin!(open.changed())).await else { return };
    let Some(cache) = slot.cache.upgrade() else { return };
    let outcome = outcome.unwrap_or(Err(FetchError::TimedOut));
    // Nobody may be waiting: a refresh in the background.
    let _ = arrival.send(cache.land(outcome));
}

/// Clears the slot of a flight that ended without landing.
struct Slot {
    cache: Weak<Cache>,
    flight: u64,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(cache) = self.cache.upgrade() {
            let mut tower = cache.tower();
            // After a landing it may already be the next flight's.
            tower.flight = tower.flight.take().filter(|(flight, _)| *flight != self.flight);
        }
    }
}

/// Exponential and jittered, or longer where the issuer asks for it.
fn pause(failures: u32, cause: &FetchError) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
    let jittered = doubled.mul_f64(1.0 - 0.25 * random_fraction());
    match cause {
        FetchError::Status(_, Some(asked)) => jittered.max((*asked).min(LONGEST_ASKED_PAUSE)),
        _ => jittered,
    }
}
