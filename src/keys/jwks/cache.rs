//! The cache of an issuer's keys.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::context::FetchContext;
use super::fetch::JwksLocation;
use super::fetch_error::FetchError;
use super::fetch_state::{FetchReason, FetchState};
use super::grace::Grace;
use super::http_client::HttpClient;
use super::lock;
use super::negative_cache::NegativeCache;
use super::settings::JwksCacheSettings;
use super::signature_refetch::SignatureRefetch;
use super::snapshot::Snapshot;
use crate::algorithm::Algorithm;
use crate::config_error::ConfigError;
use crate::jwk::SkippedKey;
use crate::keys::event::Observer;
use crate::keys::health::FetchHealth;
use crate::keys::source::{KeyQuery, KeySource, Keys, KeysError, KeysFuture};

/// A cache of keys that are fetched from an issuer. Dropping it ends its tasks.
pub(crate) struct JwksCache {
    shared: Arc<Shared>,
}

/// The cache's state, which its tasks refer to weakly.
pub(super) struct Shared {
    pub(super) context: Arc<FetchContext>,
    /// Stored with the fetch state locked, loaded without.
    pub(super) snapshot: ArcSwap<Snapshot>,
    /// Held briefly, never across an await, and never for a token whose key is cached. Lock order:
    /// no other lock of this module is held with it. Those inside the negative cache are taken
    /// under it, and code that holds them never takes this one.
    fetch_state: Mutex<FetchState>,
    pub(super) negative_cache: NegativeCache,
    /// One permit for each request that waits for a fetch.
    pub(super) waiter_permits: Semaphore,
    /// The time until which stale keys are usable. Changed only with the fetch state locked, so
    /// that the two agree.
    pub(super) grace: Grace,
    /// Changed only with the fetch state locked, too.
    pub(super) signature_refetch: SignatureRefetch,
    /// Whether [`mark_used`](Self::mark_used) was called since the refresher last looked.
    pub(super) used: AtomicBool,
    pub(super) refresher_running: AtomicBool,
    /// Whether a token may have made up the issuer: none was verified yet.
    pub(super) may_be_made_up: AtomicBool,
    /// True when the cache was closed, and closed itself when the cache is dropped. Ends its tasks.
    pub(super) shutdown: watch::Sender<bool>,
}

impl JwksCache {
    /// Creates a cache, with the keys of its snapshot file if there is one. Fetches nothing and
    /// needs no runtime.
    pub(crate) fn new(
        issuer: &str,
        location: JwksLocation,
        client: HttpClient,
        settings: JwksCacheSettings,
        observer: Option<Observer>,
    ) -> Result<Self, ConfigError> {
        let context = FetchContext::new(issuer, location, client, settings, observer)?;
        let snapshot = context.restore().unwrap_or_else(Snapshot::empty);
        let shared = Shared {
            snapshot: ArcSwap::from_pointee(snapshot),
            fetch_state: Mutex::new(FetchState::new(&context.settings)),
            negative_cache: NegativeCache::new(&context.settings),
            waiter_permits: Semaphore::new(context.settings.max_waiters),
            grace: Grace::new(Instant::now()),
            signature_refetch: SignatureRefetch::new(Instant::now()),
            used: AtomicBool::new(false),
            refresher_running: AtomicBool::new(false),
            may_be_made_up: AtomicBool::new(false),
            shutdown: watch::Sender::new(false),
            context: Arc::new(context),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Notes that a token may have made up the issuer, until [`mark_used`](Self::mark_used) is
    /// called.
    pub(crate) fn set_may_be_made_up(&self) {
        self.shared.may_be_made_up.store(true, Relaxed);
    }

    /// Fetches the keys now, or joins the fetch in flight. From then on the keys are refreshed in
    /// the background.
    pub(crate) async fn prefetch(&self) -> Result<(), KeysError> {
        let fetch = self
            .shared
            .join_or_start(self.shared.lock_state(), FetchReason::Scheduled)?;
        self.shared.mark_used();
        let max_duration = self.shared.context.settings.max_fetch_duration();
        match timeout(max_duration, fetch).await {
            Ok(Ok(outcome)) => outcome,
            // The fetch's runtime is not polled, or was shut down.
            Err(_) | Ok(Err(_)) => Err(self.shared.timed_out()),
        }
    }

    /// Notes that a token of this issuer was verified, or arrived while no keys were usable. For an
    /// [`idle_timeout`](JwksCacheSettings::idle_timeout) from then on, the keys are refreshed in
    /// the background.
    pub(crate) fn mark_used(&self) {
        self.shared.mark_used();
    }

    /// Marks the keys as used if they are absent or due for a refresh, so that they are fetched in
    /// the background, with the usual backoff. Returns true if this started the background refresh.
    pub(crate) fn start_refresh_if_due(&self) -> bool {
        self.shared.mark_used_if_due()
    }

    /// Ends the tasks, also while something still refers to the cache. No fetch starts from now on.
    pub(crate) fn close(&self) {
        self.shared.shutdown.send_replace(true);
    }

    /// Returns true only if a request for the key would be answered at once that it is missing. May
    /// return false in that case, too. Has no side effect.
    pub(crate) fn is_known_missing(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        self.shared
            .is_known_missing(key_id, algorithm, Instant::now())
    }

    /// Returns whether [`refetch_after_invalid_signature`](Self::refetch_after_invalid_signature)
    /// may start a fetch now. Has no side effect.
    pub(crate) fn may_refetch_after_invalid_signature(&self) -> bool {
        self.shared.signature_refetch.is_allowed(Instant::now())
    }

    /// Has the keys fetched again in the background, at most once in
    /// [`signature_refetch_interval`](JwksCacheSettings::signature_refetch_interval).
    pub(crate) fn refetch_after_invalid_signature(&self) {
        self.shared.refetch_after_invalid_signature();
    }

    /// Returns the number of consecutive failures. Takes the lock that fetches take.
    pub(crate) fn failures(&self) -> u32 {
        self.shared.lock_state().failures()
    }

    /// Returns the cached keys, whether they are usable, and the state of fetching. Has no side
    /// effect.
    pub(crate) fn health(&self) -> (Keys<'_>, bool, FetchHealth) {
        let now = Instant::now();
        let health = self.shared.lock_state().health();
        let last_error = health
            .last_error
            .or_else(|| self.shared.context.location.metadata_error());
        let snapshot = self.shared.snapshot.load();
        let health = snapshot.health(
            now,
            FetchHealth {
                last_error,
                ..health
            },
        );
        (
            Keys::of_snapshot(snapshot),
            self.shared.is_usable(now),
            health,
        )
    }
}

impl JwksCache {
    /// Returns the keys of the last fetched JWK set if none of them was usable, each with the
    /// reason.
    pub(crate) fn unusable(&self) -> Vec<SkippedKey> {
        self.shared.lock_state().skipped().to_vec()
    }
}

impl KeySource for JwksCache {
    fn current(&self) -> Option<Keys<'_>> {
        let snapshot = self.shared.snapshot.load();
        self.shared
            .may_use(&snapshot, Instant::now())
            .then(|| Keys::of_snapshot(snapshot))
    }

    fn refresh(&self, query: KeyQuery) -> KeysFuture {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.refresh_for(query).await })
    }
}

impl fmt::Debug for JwksCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksCache")
            .field("keys", self.shared.snapshot.load().keys())
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn lock_state(&self) -> MutexGuard<'_, FetchState> {
        lock(&self.fetch_state)
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.shutdown.borrow()
    }

    pub(super) fn is_usable(&self, now: Instant) -> bool {
        self.may_use(&self.snapshot.load(), now)
    }

    /// Returns whether the snapshot's keys may verify tokens.
    ///
    /// Stale keys verify tokens only while the grace is open: while a fetch that began before they
    /// were stale is in flight, and after one that failed or was slow, until the next one ends.
    /// Stale keys that no fetch has tried to refresh verify none.
    fn may_use(&self, snapshot: &Snapshot, now: Instant) -> bool {
        snapshot.is_fresh(now) || (snapshot.is_unexpired(now) && self.grace.is_open(now))
    }

    pub(super) fn timed_out(&self) -> KeysError {
        KeysError::new(self.context.settings.wait_timeout, FetchError::TimedOut)
    }

    pub(super) fn too_many_waiters(&self) -> KeysError {
        KeysError::new(
            self.context.settings.wait_timeout,
            FetchError::TooManyWaiters,
        )
    }

    pub(super) fn no_runtime(&self) -> KeysError {
        KeysError::new(self.context.settings.max_backoff, FetchError::NoRuntime)
    }
}
