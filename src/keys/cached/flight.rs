//! One fetch at a time, for everybody who waits.
//!
//! The hand-over: under the lock a flight's task clears the slot and stores the new snapshot, and only then tells the
//! waiters. Whoever wants keys looks at the snapshot and the slot under the same lock before boarding. So a caller
//! either sees the flight in the slot and waits for it, or comes after it was cleared and sees the snapshot that it
//! stored: no caller can miss both and start a second fetch for the same need. Were the task dropped, `Slot`'s drop
//! clears the slot and notes a failure, and the waiters learn it from the closed channel. Were its runtime not polled
//! any more, the flight counts as lost after its time; what it brings later is not taken in.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use futures::FutureExt as _;
use futures::future::{Either, Shared, select};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};

use super::snapshot::Snapshot;
use super::tower::{Said, Tower};
use super::writer::Page;
use super::{Cache, Origin, after};
use crate::keys::event::KeysEvent;
use crate::keys::fetch::{FetchError, Fetched, Validator};
use crate::keys::source::KeysError;

/// A place among those who wait for a flight.
pub(super) type Ticket = Shared<oneshot::Receiver<Result<(), KeysError>>>;

impl Cache {
    /// Locked for moments, never across an await, and never on the way of a token whose key is at hand.
    pub(super) fn tower(&self) -> MutexGuard<'_, Tower> {
        // Nothing that holds the lock can panic half-way through a change.
        self.tower.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the flight that is under way, else starts one.
    pub(super) fn board(self: &Arc<Self>, tower: &mut Tower) -> Result<Ticket, KeysError> {
        let now = Instant::now();
        if let Some(ticket) = tower.flight(now) {
            return Ok(ticket);
        }
        let runtime = Handle::try_current().map_err(|_| {
            KeysError::new(self.origin.settings.longest_pause, FetchError::NoRuntime)
        })?;
        let (arrival, ticket) = oneshot::channel();
        let ticket = ticket.shared();
        let slot = Slot {
            cache: Arc::downgrade(self),
            flight: tower.depart(ticket.clone(), now),
        };
        let snapshot = self.snapshot.load();
        if snapshot.lives(now) {
            // Refreshed in time: it serves until the outcome is known. A failure's cover reaches over the next flight
            // already.
            self.cover_flight(now);
        }
        let validator = snapshot.validator().cloned();
        runtime.spawn(fly(
            Arc::clone(&self.origin),
            validator,
            self.open.subscribe(),
            slot,
            arrival,
        ));
        Ok(ticket)
    }

    /// Lets the keys serve until a flight that departs then has landed, or is lost.
    pub(super) fn cover_flight(&self, departure: Instant) {
        self.cover
            .extend(after(departure, self.origin.settings.longest_flight()));
    }

    /// Takes in what a flight brought, unless it was lost and overtaken.
    fn land(&self, flight: u64, outcome: Result<Fetched, FetchError>) -> Result<(), KeysError> {
        let landed = match outcome {
            Ok(fetched) => self.arrive(flight, fetched),
            Err(cause) => self.crash(flight, cause),
        };
        self.origin.changed.notify_one();
        landed
    }

    fn arrive(&self, flight: u64, fetched: Fetched) -> Result<(), KeysError> {
        let now = Instant::now();
        let mut tower = self.tower();
        tower.clear(flight).ok_or_else(|| self.timed_out())?;
        let snapshot = Arc::new(self.next_snapshot(fetched, now));
        self.snapshot.store(Arc::clone(&snapshot));
        let failures = tower.failures();
        tower.succeed();
        self.unknown.forget_all();
        self.cover.end();
        drop(tower);
        self.keep(flight, &snapshot);
        self.origin.tell(&KeysEvent::Fetched {
            keys: snapshot.keys(),
        });
        if failures > 0 {
            self.origin.tell(&KeysEvent::Recovered { failures });
        }
        Ok(())
    }

    /// The good set stays, and now may serve beyond its life.
    fn crash(&self, flight: u64, cause: FetchError) -> Result<(), KeysError> {
        let (now, cause) = (Instant::now(), Arc::new(cause));
        let mut tower = self.tower();
        let since = tower.clear(flight).ok_or_else(|| self.timed_out())?;
        self.cover_flight(tower.fail(Arc::clone(&cause), since, &self.origin.settings, now));
        let (failures, error) = (tower.failures(), self.failure(&tower, now));
        let news = self.news(&mut tower, now);
        drop(tower);
        self.origin.tell(&KeysEvent::Failed {
            error: &*cause,
            failures,
        });
        if let Some(news) = news {
            self.origin.tell(&news);
        }
        Err(error)
    }

    /// Whether it got worse: told once.
    fn news(&self, tower: &mut Tower, now: Instant) -> Option<KeysEvent<'static>> {
        let snapshot = self.snapshot.load();
        let (said, event) = match (snapshot.is_stale(now), snapshot.may_serve(now)) {
            (false, _) => return None,
            (true, true) => (Said::Stale, KeysEvent::Stale),
            (true, false) => (Said::Expired, KeysEvent::Expired),
        };
        (std::mem::replace(&mut tower.said, said) < said).then_some(event)
    }

    /// Writes the keys to their file, beside the runtime's workers.
    fn keep(&self, flight: u64, snapshot: &Snapshot) {
        let Some(writer) = &self.origin.writer else {
            return;
        };
        let (body, life) = snapshot.body();
        writer.leave(Page {
            flight,
            body: body.clone(),
            life,
            fetched: SystemTime::now(),
        });
        let origin = Arc::clone(&self.origin);
        // Within the task of a fetch there is a runtime.
        drop(Handle::current().spawn_blocking(move || origin.write()));
    }

    fn next_snapshot(&self, fetched: Fetched, now: Instant) -> Snapshot {
        match fetched {
            Fetched::New { keys, answer } => {
                let keys = self.snapshot.load().keys_of(keys, &answer.body);
                Snapshot::new(keys, answer, &self.origin.settings, now)
            }
            Fetched::Unchanged { headers } => {
                self.snapshot
                    .load()
                    .renewed(&headers, &self.origin.settings, now)
            }
        }
    }
}

/// A fetch. It ends early only if the cache itself is gone.
async fn fly(
    origin: Arc<Origin>,
    validator: Option<Validator>,
    mut open: watch::Receiver<()>,
    slot: Slot,
    arrival: oneshot::Sender<Result<(), KeysError>>,
) {
    let settings = &origin.settings;
    let fetch = origin
        .target
        .fetch(&origin.client, validator.as_ref(), settings);
    // A client that panics has failed, which calls for the usual pause: no runtime went away.
    let fetch = AssertUnwindSafe(fetch)
        .catch_unwind()
        .map(|outcome| outcome.unwrap_or(Err(FetchError::Panicked)));
    let fetch = pin!(timeout(settings.fetch_timeout, fetch));
    let Either::Left((outcome, _)) = select(fetch, pin!(open.changed())).await else {
        return;
    };
    let outcome = outcome.unwrap_or(Err(FetchError::TimedOut));
    if outcome.is_err() {
        // Perhaps the set has moved: ask where it is before the next one.
        origin.target.forget();
    }
    let Some(cache) = slot.cache.upgrade() else {
        return;
    };
    // Nobody may be waiting: a refresh in the background.
    let _ = arrival.send(cache.land(slot.flight, outcome));
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
            if tower.clear(self.flight).is_some() {
                let now = Instant::now();
                if tower.failure.is_none() {
                    // Once: flights that go down one after the other must not prolong it for ever.
                    cache.cover_flight(now);
                }
                tower.abort(now);
            }
        }
    }
}
