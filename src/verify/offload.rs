//! Checking slow signatures on other threads.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::algorithm::{Algorithm, AlgorithmSet};

/// How many requests may wait for a permit. Bounds the memory of a flood of slow signatures.
const MAX_WAITERS: usize = 10_000;

/// Runs signature checks of some algorithms on the runtime's threads for blocking work.
pub(crate) struct Offload {
    algorithms: AlgorithmSet,
    /// One for each core: more checks at a time would only slow each other down.
    permits: Arc<Semaphore>,
    waiters: Semaphore,
}

impl Offload {
    /// Returns `None` if there are no algorithms.
    pub(crate) fn new(algorithms: AlgorithmSet) -> Option<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        let (permits, waiters) = (Arc::new(Semaphore::new(cores)), Semaphore::new(MAX_WAITERS));
        (!algorithms.is_empty()).then_some(Self {
            algorithms,
            permits,
            waiters,
        })
    }

    /// Returns whether signatures of this algorithm are offloaded. Outside a tokio runtime, none
    /// is.
    pub(super) fn applies_to(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(algorithm) && Handle::try_current().is_ok()
    }

    /// Runs `work` on another thread. Returns `None` if too many requests wait, or the runtime
    /// shuts down.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = self.acquire().await?;
        // The work owns the permit: the request may be cancelled while the work goes on.
        let task = spawn_blocking(move || (work(), drop(permit)).0);
        match task.await {
            Ok(done) => Some(done),
            // The user's claims type or clock panicked: the request's task panics, too.
            Err(error) => error
                .try_into_panic()
                .map_or(None, |panic| resume_unwind(panic)),
        }
    }

    /// Acquires a permit. Only a request that has to wait counts as waiting.
    async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(permit);
        }
        let _waiter = self.waiters.try_acquire().ok()?;
        // An error would mean that the semaphore is closed, which it never is.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }
}
