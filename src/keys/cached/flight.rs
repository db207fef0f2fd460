//! One fetch at a time, for everybody who waits.
//!
//! The hand-over: a flight's task stores the new snapshot first, then, under the lock, clears the slot, and only then
//! tells the waiters. Whoever wants keys looks at the snapshot under the same lock before boarding. So a caller either
//! sees the flight in the slot and waits for it, or comes after it was cleared and sees the snapshot that it stored: no
//! caller can miss both and start a second fetch for the same need. Were the task dropped or to panic, `Slot`'s drop
//! clears the slot and notes a failure, and the waiters learn it from the closed channel.

use std::pin::pin;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};

use futures::FutureExt as _;
use futures::future::{Either, Shared, select};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};

use super::snapshot::Snapshot;
use super::tower::Tower;
use super::{Cache, Origin};
use crate::keys::event::KeysEvent;
use crate::keys::fetch::{FetchError, Fetched};
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
        if let Some(ticket) = tower.flight() {
            return Ok(ticket);
        }
        let runtime = Handle::try_current()
            .map_err(|_| KeysError::new(self.origin.settings.longest_pause, FetchError::NoRuntime))?;
        let (arrival, ticket) = oneshot::channel();
        let ticket = ticket.shared();
        let slot = Slot { cache: Arc::downgrade(self), flight: tower.depart(ticket.clone()) };
        let snapshot = self.snapshot.load();
        if snapshot.serves(Instant::now(), self.is_covered()) {
            // Refreshed in time: it serves until the outcome is known, however long that takes.
            self.cover(true);
        }
        let etag = snapshot.etag().cloned();
        runtime.spawn(fly(Arc::clone(&self.origin), etag, self.open.subscribe(), slot, arrival));
        Ok(ticket)
    }

    /// Takes in what a flight brought.
    fn land(&self, flight: u64, outcome: Result<Fetched, FetchError>) -> Result<(), KeysError> {
        let now = Instant::now();
        match outcome {
            Ok(fetched) => {
                self.arrive(flight, fetched, now);
                Ok(())
            }
            Err(cause) => Err(self.crash(flight, cause, now)),
        }
    }

    fn arrive(&self, flight: u64, fetched: Fetched, now: Instant) {
        let snapshot = Arc::new(self.next_snapshot(fetched, now));
        self.snapshot.store(Arc::clone(&snapshot));
        let mut tower = self.tower();
        tower.clear(flight);
        let failures = tower.failures();
        tower.succeed();
        self.unknown.forget_all();
        self.cover(false);
        drop(tower);
        self.keep(&snapshot);
        self.origin.tell(&KeysEvent::Fetched { keys: snapshot.keys() });
        if failures > 0 {
            self.origin.tell(&KeysEvent::Recovered { failures });
        }
    }

    /// The good set stays, and now may serve beyond its life.
    fn crash(&self, flight: u64, cause: FetchError, now: Instant) -> KeysError {
        let cause = Arc::new(cause);
        let mut tower = self.tower();
        tower.clear(flight);
        tower.fail(Arc::clone(&cause), &self.origin.settings, now);
        self.cover(true);
        let (failures, error) = (tower.failures(), self.failure(&tower, now));
        let stale = self.snapshot.load().is_stale(now) && !std::mem::replace(&mut tower.stale, true);
        drop(tower);
        self.origin.failed.notify_one();
        self.origin.tell(&KeysEvent::Failed { error: &*cause, failures });
        if stale {
            self.origin.tell(&KeysEvent::Stale);
        }
        error
    }

    /// Writes the keys to their file, beside the runtime's workers.
    fn keep(&self, snapshot: &Arc<Snapshot>) {
        if self.origin.store.is_some() {
            let (origin, snapshot) = (Arc::clone(&self.origin), Arc::clone(snapshot));
            let written = move || {
                let (body, life) = snapshot.body();
                origin.keep(body, life);
            };
            drop(Handle::current().spawn_blocking(written));
        }
    }

    fn next_snapshot(&self, fetched: Fetched, now: Instant) -> Snapshot {
        match fetched {
            Fetched::New { keys, headers, body } => {
                let keys = self.snapshot.load().keys_of(keys, &body);
                Snapshot::new(keys, body, &headers, &self.origin.settings, now)
            }
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
            if tower.clear(self.flight) {
                tower.fail(Arc::new(FetchError::NoRuntime), &cache.origin.settings, Instant::now());
                cache.cover(true);
            }
        }
    }
}
