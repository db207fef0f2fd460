//! A fetched key set, kept for as long as it may be.
//!
//! Requests read a snapshot without a lock. Fetches belong to the cache: each runs in a task of its own, any number of
//! requests wait for the same one, each with its own patience, and a request that goes away changes nothing for the
//! others. A failed fetch leaves the good set in place.

mod driver;
mod flight;
mod lifetime;
mod settings;
mod snapshot;
mod store;
mod tower;
mod unknown;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use self::flight::Ticket;
use self::store::Store;
use self::tower::Tower;
use self::unknown::{Budget, Unknown};
use super::client::HttpClient;
use super::event::{KeysEvent, Observer};
use super::fetch::{FetchError, Target};
use super::health::FetchHealth;
use super::source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};
use crate::config_error::ConfigError;
use crate::trace;

pub(crate) use lifetime::Lifetime;
pub use settings::CacheSettings;
pub(crate) use snapshot::Snapshot;

/// Keys that are fetched from an issuer and cached. Cheap to clone: all clones are one cache.
#[derive(Clone)]
pub struct CachedKeys {
    cache: Arc<Cache>,
}

struct Cache {
    origin: Arc<Origin>,
    snapshot: ArcSwap<Snapshot>,
    tower: Mutex<Tower>,
    unknown: Unknown,
    /// The keys may serve beyond their life.
    covered: AtomicBool,
    /// Asked for since the driver last looked.
    used: AtomicBool,
    /// There is a driver.
    driving: AtomicBool,
    /// Closed with the cache, which ends its tasks.
    open: watch::Sender<()>,
}

/// What fetches need. Tasks hold it instead of the cache, so that they don't keep the cache alive.
struct Origin {
    issuer: String,
    target: Target,
    client: HttpClient,
    settings: CacheSettings,
    observer: Option<Observer>,
    store: Option<Store>,
    /// Tells the driver.
    failed: Notify,
}

impl Origin {
    fn tell(&self, event: &KeysEvent<'_>) {
        trace::keys_event(&self.issuer, event);
        if let Some(observer) = &self.observer {
            observer.tell(&self.issuer, event);
        }
    }

    /// What an earlier process left, if it still may serve.
    fn restore(&self) -> Option<Snapshot> {
        let restored =
            self.store.as_ref()?.read(self.settings.stale_for, SystemTime::now()).unwrap_or_else(|error| {
                self.tell(&KeysEvent::SnapshotFailed { error: &error });
                None
            })?;
        Some(Snapshot::restored(restored, &self.settings, Instant::now()))
    }

    /// Leaves the keys for a process to come.
    fn keep(&self, body: &Bytes, life: Duration) {
        let Some(store) = &self.store else { return };
        if let Err(error) = store.write(body, life, SystemTime::now()) {
            self.tell(&KeysEvent::SnapshotFailed { error: &error });
        }
    }
}

/// What is to be done for a token whose key is not at hand.
enum Way {
    /// The keys at hand are as new as they get.
    Ready,
    /// A fetch that was under way already.
    Join(Ticket),
    /// One that starts now.
    Start(Ticket),
    Fail(KeysError),
}

impl CachedKeys {
    pub(crate) fn new(
        issuer: &str,
        target: Target,
        client: HttpClient,
        settings: CacheSettings,
        observer: Option<Observer>,
    ) -> Result<Self, ConfigError> {
        settings.check()?;
        let store = settings.snapshot_folder.as_ref();
        let store = store.map(|folder| Store::new(folder, issuer, target.name(), settings.body_limit)).transpose()?;
        let origin =
            Origin { issuer: issuer.to_owned(), target, client, settings, observer, store, failed: Notify::new() };
        let cache = Cache {
            snapshot: ArcSwap::from_pointee(origin.restore().unwrap_or_else(Snapshot::empty)),
            tower: Mutex::new(Tower::new(Budget::new(&origin.settings))),
            unknown: Unknown::new(&origin.settings),
            covered: AtomicBool::new(false),
            used: AtomicBool::new(false),
            driving: AtomicBool::new(false),
            open: watch::Sender::new(()),
            origin: Arc::new(origin),
        };
        Ok(Self { cache: Arc::new(cache) })
    }

    /// Fetches now, or joins the fetch that is under way.
    ///
    /// # Errors
    /// If the fetch fails; what is cached stays.
    pub async fn prefetch(&self) -> Result<(), KeysError> {
        let ticket = self.cache.board(&mut self.cache.tower())?;
        ticket.await.unwrap_or_else(|_| Err(self.cache.timed_out()))
    }

    pub(crate) fn health(&self) -> FetchHealth {
        let now = Instant::now();
        let health = self.cache.tower().health();
        self.cache.snapshot.load().health(now, health)
    }
}

impl KeySource for CachedKeys {
    fn current(&self) -> Option<Keys<'_>> {
        self.cache.keep_driving();
        let snapshot = self.cache.snapshot.load();
        let serves = snapshot.serves(Instant::now(), self.cache.is_covered());
        serves.then(|| Keys::of_snapshot(snapshot))
    }

    fn refresh(&self, query: KeyQuery) -> KeysFuture {
        let cache = Arc::clone(&self.cache);
        Box::pin(async move { cache.look_for(query).await })
    }
}

impl Cache {
    async fn look_for(self: &Arc<Self>, query: KeyQuery) -> Result<(), KeysError> {
        let (ticket, joined) = match self.way(&query, Instant::now()) {
            Way::Ready => return Ok(()),
            Way::Fail(error) => return Err(error),
            Way::Join(ticket) => (ticket, true),
            Way::Start(ticket) => (ticket, false),
        };
        let landed = self.wait(ticket).await;
        if landed.is_err() || !joined || self.has_keys_for(&query, Instant::now()) {
            return self.settle(query, landed);
        }
        // The fetch may have looked before the key was there: one more, that starts later.
        match self.way(&query, Instant::now()) {
            Way::Ready => Ok(()),
            Way::Fail(error) => Err(error),
            Way::Join(ticket) | Way::Start(ticket) => {
                let landed = self.wait(ticket).await;
                self.settle(query, landed)
            }
        }
    }

    /// Decides under the lock, so that of any number of callers one starts a fetch and the others join it.
    fn way(self: &Arc<Self>, query: &KeyQuery, now: Instant) -> Way {
        let mut tower = self.tower();
        if self.has_keys_for(query, now) {
            return Way::Ready;
        }
        if let Some(ticket) = tower.flight() {
            return Way::Join(ticket);
        }
        let blocked = if self.serves(now) { self.unknown_key(&mut tower, query, now) } else { tower.pausing(now) };
        blocked.unwrap_or_else(|| self.board(&mut tower).map_or_else(Way::Fail, Way::Start))
    }

    /// Why a key that is not in the set is not worth a fetch, if it isn't.
    fn unknown_key(&self, tower: &mut Tower, query: &KeyQuery, now: Instant) -> Option<Way> {
        if self.unknown.contains(query, now) {
            return Some(Way::Ready);
        }
        if tower.budget.take(now) {
            return None;
        }
        if tower.budget.say_exhausted() {
            self.origin.tell(&KeysEvent::BudgetExhausted);
        }
        // With the issuer silent nobody can say that it has no such key.
        Some(tower.failure.as_ref().map_or(Way::Ready, |failure| Way::Fail(failure.error(now))))
    }

    /// Waits for a flight, each caller for as long as its own patience lasts.
    async fn wait(&self, ticket: Ticket) -> Result<(), KeysError> {
        if let Ok(landed) = timeout(self.origin.settings.patience, ticket).await {
            // A channel that closed belongs to a flight whose runtime went away.
            return landed.unwrap_or_else(|_| Err(self.timed_out()));
        }
        let tower = self.tower();
        if tower.flight().is_some() {
            // Still no answer: as good as a failure for those who can do with the keys at hand.
            self.cover(true);
        }
        Err(self.timed_out())
    }

    fn settle(&self, query: KeyQuery, landed: Result<(), KeysError>) -> Result<(), KeysError> {
        let now = Instant::now();
        if self.has_keys_for(&query, now) {
            return Ok(());
        }
        if landed.is_ok() {
            self.unknown.remember(query, now);
        }
        landed
    }

    fn serves(&self, now: Instant) -> bool {
        self.snapshot.load().serves(now, self.is_covered())
    }

    fn has_keys_for(&self, query: &KeyQuery, now: Instant) -> bool {
        self.serves(now) && self.snapshot.load().keys().may_verify(query.key_id.as_deref(), query.algorithm)
    }

    fn is_covered(&self) -> bool {
        self.covered.load(Relaxed)
    }

    /// Changed under the lock only, so that it agrees with what the lock guards.
    fn cover(&self, covered: bool) {
        self.covered.store(covered, Relaxed);
    }

    fn failure(&self, tower: &Tower, now: Instant) -> KeysError {
        tower.failure.as_ref().map_or_else(|| self.timed_out(), |failure| failure.error(now))
    }

    fn timed_out(&self) -> KeysError {
        KeysError::new(self.origin.settings.patience, FetchError::TimedOut)
    }
}

impl fmt::Debug for CachedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedKeys").field("keys", self.cache.snapshot.load().keys()).finish_non_exhaustive()
    }
}

/// Later by that much. The times that can be set are bounded, so this can't overflow; if it did, it would mean "now".
pub(crate) fn after(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).unwrap_or(now)
}
