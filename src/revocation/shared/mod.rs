//! A list that several processes share, by a store: each has all of it in memory.

mod backoff;
mod failures;
mod following;
mod freshness;
mod queue;
mod stale;
mod store;
mod task;
mod unavailable;
mod writing;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use self::failures::Failures;
use self::freshness::{Freshness, Phase};
use self::queue::Queue;
pub use self::stale::OnStaleRevocations;
pub use self::store::{
    RevocationStore, RevocationStoreFuture, RevocationUpdate, RevocationUpdates,
};
pub use self::unavailable::RevocationsUnavailable;
use super::list::List;
use super::{RevocationEntry, RevocationSettings, SharedRevocationHealth};

/// How long a call waits until its revocations are stored.
const STORED_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a call waits for the first load.
const LOADED_TIMEOUT: Duration = Duration::from_secs(10);

/// The store of a list, and what is known of it. The background task ends when this is dropped.
pub(super) struct Sharing {
    shared: Arc<Shared>,
    /// Closed when the list is dropped.
    alive: watch::Sender<()>,
}

/// What the list and the background task share.
struct Shared {
    store: Arc<dyn RevocationStore>,
    list: Weak<List>,
    freshness: Freshness,
    queue: Queue,
    failures: Failures,
    loads: AtomicU64,
    is_running: AtomicBool,
}

impl Sharing {
    /// Returns `None` for a list without a store.
    pub(super) fn new(settings: &RevocationSettings, list: &Weak<List>) -> Option<Self> {
        let (store, on_stale) = settings.store.clone()?;
        let shared = Shared {
            store,
            list: Weak::clone(list),
            freshness: Freshness::new(on_stale, settings.max_staleness),
            queue: Queue::default(),
            failures: Failures::default(),
            loads: AtomicU64::new(0),
            is_running: AtomicBool::new(false),
        };
        Some(Self {
            shared: Arc::new(shared),
            alive: watch::Sender::new(()),
        })
    }

    /// Starts the background task, if it does not run. Called for every request.
    pub(super) fn start(&self) {
        // Relaxed: nothing else is published through it. A swap is atomic under any ordering, so
        // one caller starts the task.
        if !self.shared.is_running.load(Ordering::Relaxed) {
            self.start_task();
        }
    }

    #[cold]
    fn start_task(&self) {
        // Outside a runtime, a later call starts it.
        if let Ok(runtime) = Handle::try_current()
            && !self.shared.is_running.swap(true, Ordering::Relaxed)
        {
            let running = task::Running::new(Arc::clone(&self.shared));
            drop(runtime.spawn(task::run(running, self.alive.subscribe())));
        }
    }

    /// Returns how far the list can be relied on now.
    #[inline]
    pub(super) fn phase(&self) -> Phase {
        self.shared.freshness.phase()
    }

    /// Returns whether a request is accepted whose token is not in the list.
    #[inline]
    pub(super) fn accepts(&self, phase: Phase) -> bool {
        phase == Phase::Fresh || self.shared.freshness.accept_stale(phase)
    }

    /// Queues an entry that this process has added, to be stored.
    pub(super) fn queue(&self, entry: RevocationEntry) {
        self.shared.queue.add([entry]);
    }

    /// Waits until everything is stored that was queued before this call.
    pub(super) async fn stored(&self) -> Result<(), RevocationsUnavailable> {
        if Handle::try_current().is_err() {
            return Err(RevocationsUnavailable::no_runtime());
        }
        let stored = timeout(STORED_TIMEOUT, self.shared.queue.wait()).await;
        let last = || RevocationsUnavailable::not_stored(self.shared.failures.last_error());
        stored.map_err(|_| last())
    }

    /// Waits until the list was loaded for the first time.
    pub(super) async fn loaded(&self) -> Result<(), RevocationsUnavailable> {
        if Handle::try_current().is_err() {
            return Err(RevocationsUnavailable::no_runtime());
        }
        let mut loaded = self.shared.freshness.loaded();
        let loaded = timeout(LOADED_TIMEOUT, loaded.wait_for(|loaded| *loaded)).await;
        let last = || RevocationsUnavailable::not_loaded(self.shared.failures.last_error());
        loaded.map(drop).map_err(|_| last())
    }

    pub(super) fn health(&self) -> SharedRevocationHealth {
        let Shared {
            freshness,
            queue,
            failures,
            loads,
            ..
        } = &*self.shared;
        SharedRevocationHealth {
            age: freshness.age(),
            stale: freshness.is_stale(),
            pending: queue.len(),
            loads: loads.load(Ordering::Relaxed),
            failures: failures.count(),
            last_error: failures.last_error(),
            rejected_stale: freshness.rejected(),
            accepted_stale: freshness.accepted(),
        }
    }
}
