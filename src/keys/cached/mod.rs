//! A fetched key set, kept for as long as it may be.
//!
//! Requests read a snapshot without a lock. Fetches belong to the cache: each runs in a task of its own, any number of
//! requests wait for the same one, each with its own patience, and a request that goes away changes nothing for the
//! others. A failed fetch leaves the good set in place.

mod cover;
mod driver;
mod flight;
mod lifetime;
mod lookup;
mod settings;
mod snapshot;
mod store;
mod tower;
mod unknown;
mod writer;

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout};

use self::cover::Cover;
use self::store::Store;
use self::tower::Tower;
use self::unknown::Unknown;
use self::writer::Writer;
use super::client::HttpClient;
use super::event::{KeysEvent, Observer};
use super::fetch::{FetchError, Target};
use super::health::FetchHealth;
use super::source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};
use crate::algorithm::Algorithm;
use crate::config_error::ConfigError;
use crate::trace;

pub use settings::CacheSettings;
pub(crate) use snapshot::Snapshot;

/// Keys that are fetched from an issuer and cached. Cheap to clone: all clones are one cache.
#[derive(Clone)]
pub(crate) struct CachedKeys {
    cache: Arc<Cache>,
}

struct Cache {
    origin: Arc<Origin>,
    snapshot: ArcSwap<Snapshot>,
    tower: Mutex<Tower>,
    unknown: Unknown,
    /// For those who wait.
    places: Semaphore,
    /// How long the keys may serve beyond their life. Changed under the lock only, so that it agrees with what that
    /// guards.
    cover: Cover,
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
    writer: Option<Writer>,
    /// Tells the driver that a fetch ended.
    changed: Notify,
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
        let store = &self.writer.as_ref()?.store;
        let restored = store
            .read(self.settings.stale_for, SystemTime::now())
            .unwrap_or_else(|error| {
                self.tell(&KeysEvent::SnapshotFailed { error: &error });
                None
            })?;
        Some(Snapshot::restored(restored, &self.settings, Instant::now()))
    }

    /// Leaves the keys for a process to come.
    fn write(&self) {
        if let Some(writer) = &self.writer {
            writer.write(|error| self.tell(&KeysEvent::SnapshotFailed { error }));
        }
    }
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
        let store = store
            .map(|folder| Store::new(folder, issuer, target.name(), settings.body_limit))
            .transpose()?;
        let (issuer, writer, changed) = (issuer.to_owned(), store.map(Writer::new), Notify::new());
        let origin = Origin {
            issuer,
            target,
            client,
            settings,
            observer,
            writer,
            changed,
        };
        let cache = Cache {
            snapshot: ArcSwap::from_pointee(origin.restore().unwrap_or_else(Snapshot::empty)),
            tower: Mutex::new(Tower::new(&origin.settings)),
            unknown: Unknown::new(&origin.settings),
            places: Semaphore::new(origin.settings.most_waiting),
            cover: Cover::new(Instant::now()),
            used: AtomicBool::new(false),
            driving: AtomicBool::new(false),
            open: watch::Sender::new(()),
            origin: Arc::new(origin),
        };
        Ok(Self {
            cache: Arc::new(cache),
        })
    }

    /// Fetches now, or joins the fetch that is under way; from then on the keys are kept fresh.
    pub(crate) async fn prefetch(&self) -> Result<(), KeysError> {
        let ticket = self.cache.board(&mut self.cache.tower())?;
        self.cache.keep_driving();
        let landed = timeout(self.cache.origin.settings.longest_flight(), ticket).await;
        landed
            .ok()
            .and_then(Result::ok)
            .unwrap_or_else(|| Err(self.cache.timed_out()))
    }

    /// From now on, for as long as it is called now and then, the keys are fetched before they age. Called for what has
    /// proven to be worth it: a token of this issuer, or one that may be.
    pub(crate) fn keep_fresh(&self) {
        self.cache.keep_driving();
    }

    /// Whether there is no such key, and it is clear without waiting that there won't be one now. To look changes nothing.
    pub(crate) fn surely_lacks(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        self.cache.surely_lacks(key_id, algorithm, Instant::now())
    }

    /// The keys at hand, whether they serve or not. To look changes nothing.
    pub(crate) fn at_hand(&self) -> Keys<'_> {
        Keys::of_snapshot(self.cache.snapshot.load())
    }

    /// The keys at hand, whether they serve or not, and how fetching goes. To look changes nothing.
    pub(crate) fn health(&self) -> (Keys<'_>, bool, FetchHealth) {
        let now = Instant::now();
        let health = self.cache.tower().health();
        let last_error = health
            .last_error
            .or_else(|| self.cache.origin.target.metadata_error());
        let snapshot = self.cache.snapshot.load();
        let health = snapshot.health(
            now,
            FetchHealth {
                last_error,
                ..health
            },
        );
        (Keys::of_snapshot(snapshot), self.cache.serves(now), health)
    }
}

impl KeySource for CachedKeys {
    fn current(&self) -> Option<Keys<'_>> {
        let snapshot = self.cache.snapshot.load();
        self.cache
            .lets_serve(&snapshot, Instant::now())
            .then(|| Keys::of_snapshot(snapshot))
    }

    fn refresh(&self, query: KeyQuery) -> KeysFuture {
        let cache = Arc::clone(&self.cache);
        Box::pin(async move { cache.look_for(query).await })
    }
}

impl Cache {
    fn serves(&self, now: Instant) -> bool {
        self.lets_serve(&self.snapshot.load(), now)
    }

    /// Whether there are keys, and not too old. They may outlive their life while a fetch that began in time is under
    /// way, or after the last one failed. Keys that nobody tried to refresh may not.
    fn lets_serve(&self, snapshot: &Snapshot, now: Instant) -> bool {
        snapshot.lives(now) || (snapshot.may_serve(now) && self.cover.reaches(now))
    }

    fn failure(&self, tower: &Tower, now: Instant) -> KeysError {
        tower
            .failure
            .as_ref()
            .map_or_else(|| self.timed_out(), |failure| failure.error(now))
    }

    fn timed_out(&self) -> KeysError {
        KeysError::new(self.origin.settings.patience, FetchError::TimedOut)
    }

    fn crowded(&self) -> KeysError {
        KeysError::new(self.origin.settings.patience, FetchError::Crowded)
    }
}

impl fmt::Debug for CachedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedKeys")
            .field("keys", self.cache.snapshot.load().keys())
            .finish_non_exhaustive()
    }
}

/// Later by that much; too far to tell is later than any process lives.
pub(crate) fn after(now: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    now.checked_add(time)
        .or_else(|| now.checked_add(FAR))
        .unwrap_or(now)
}
