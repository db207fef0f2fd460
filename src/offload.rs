//! Slow signatures, checked where they hold up nobody else.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::algorithm::{Algorithm, AlgorithmSet};

/// Which signatures are checked on the runtime's threads for blocking work.
pub(crate) struct Offload {
    algorithms: AlgorithmSet,
    /// As many at a time as there are cores: with more, each would only take longer.
    places: Arc<Semaphore>,
    /// For those who wait for one. Each is a request, and gone with it.
    waiting: Semaphore,
}

/// How many may wait: the next is told to come back.
const MOST_WAITING: usize = 10_000;

impl Offload {
    pub(crate) fn new(algorithms: AlgorithmSet) -> Option<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        let (places, waiting) = (
            Arc::new(Semaphore::new(cores)),
            Semaphore::new(MOST_WAITING),
        );
        (!algorithms.is_empty()).then_some(Self {
            algorithms,
            places,
            waiting,
        })
    }

    /// Whether that is for another thread. Without a runtime there is none.
    pub(crate) fn takes(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(algorithm) && Handle::try_current().is_ok()
    }

    /// Does the work on another thread; `None` if too many wait already, or the runtime shuts down.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        // The place is given back when the work is done, though the request may be gone by then.
        let place = self.place().await?;
        let work = spawn_blocking(move || (work(), drop(place)).0);
        match work.await {
            Ok(done) => Some(done),
            // The user's claims type, or a predicate, may panic: that is for the one who asked.
            Err(error) => error
                .try_into_panic()
                .map_or(None, |panic| resume_unwind(panic)),
        }
    }

    /// At once where one is free: only who waits counts as waiting. Neither semaphore is ever closed.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let places = &self.places;
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        let _waiting = self.waiting.try_acquire().ok()?;
        Arc::clone(places).acquire_owned().await.ok()
    }
}
