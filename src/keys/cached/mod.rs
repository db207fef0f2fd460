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
mod unknown;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use self::flight::{Ticket, Tower};
use self::unknown::{Budget, Unknown};
use super::client::HttpClient;
use super::fetch::{FetchError, Target};
use super::health::FetchHealth;
use super::source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};

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
    /// The last fetch failed: keys serve beyond their life.
    failing: AtomicBool,
    /// Asked for since the driver last looked.
    used: AtomicBool,
    /// There is a driver.
    driving: AtomicBool,
    /// Closed with the cache, which ends its tasks.
    open: watch::Sender<()>,
}

/// What fetches need. Tasks hold it instead of the cache, so that they don't keep the cache alive.
struct Origin {
    target: Target,
    client: HttpClient,
    settings: CacheSettings,
}

/// What is to be done for a token whose key is not at hand.
enum Way {
    /// The keys at hand are as new as they get.
    Ready,
    Wait(Ticket),
    Fail(KeysError),
}

impl CachedKeys {
    pub(crate) fn new(target: Target, client: HttpClient, settings: CacheSettings) -> Self {
        Self {
            cache: Arc::new(Cache {
                snapshot: ArcSwap::from_pointee(Snapshot::empty()),
                tower: Mutex::new(Tower::new(Budget::new(&settings))),
                unknown: Unknown::new(&settings),
                failing: AtomicBool::new(false),
                used: AtomicBool::new(false),
                driving: AtomicBool::new(false),
                open: watch::Sender::new(()),
                origin: Arc::new(Origin { target, client, settings }),
            }),
        }
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
        let serves = snapshot.serves(Instant::now(), self.cache.failing.load(Relaxed));
        serves.then(|| Keys::of_snapshot(snapshot))
    }

    fn refresh(&self, query: KeyQuery) -> KeysFuture {
        let cache = Arc::clone(&self.cache);
        Box::pin(async move {
            match cache.way(&query, Instant::now()) {
                Way::Ready => Ok(()),
                Way::Wait(ticket) => cache.wait(ticket, query).await,
                Way::Fail(error) => Err(error),
            }
        })
    }
}

impl Cache {
    /// Decides under the lock, so that of any number of callers one starts a fetch and the others join it.
    fn way(self: &Arc<Self>, query: &KeyQuery, now: Instant) -> Way {
        let mut tower = self.tower();
        if self.has_keys_for(query, now) {
            return Way::Ready;
        }
        if let Some(ticket) = tower.flight() {
            return Way::Wait(ticket);
        }
        let served = self.serves(now);
        if served && self.unknown.contains(query, now) {
            return Way::Ready;
        }
        if !served && let Some(failure) = tower.failure.as_ref().filter(|failure| now < failure.retry_at) {
            return Way::Fail(failure.error(now));
        }
        if served && !tower.budget.take(now) {
            // With the issuer silent nobody can say that it has no such key.
            return if self.failing.load(Relaxed) { Way::Fail(self.failure(&tower, now)) } else { Way::Ready };
        }
        self.board(&mut tower).map_or_else(Way::Fail, Way::Wait)
    }

    async fn wait(&self, ticket: Ticket, query: KeyQuery) -> Result<(), KeysError> {
        let landed = if let Ok(Ok(landed)) = timeout(self.origin.settings.patience, ticket).await {
            landed
        } else {
            // Too slow, or its runtime went away: either way the issuer can't be reached now.
            self.set_failing(true);
            Err(self.timed_out())
        };
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
        self.snapshot.load().serves(now, self.failing.load(Relaxed))
    }

    fn has_keys_for(&self, query: &KeyQuery, now: Instant) -> bool {
        self.serves(now) && self.snapshot.load().keys().may_verify(query.key_id.as_deref(), query.algorithm)
    }

    fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Relaxed);
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
