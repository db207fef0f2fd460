//! Slow signatures, checked where they hold up nobody else.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::algorithm::{Algorithm, AlgorithmSet};

/// Which signatures are checked on the runtime's threads for blocking work.
pub(crate) struct Offload {
    algorithms: AlgorithmSet,
    /// As many at a time as there are cores: with more, each would only take longer. Who waits for a place is a request,
    /// and gone with it.
    places: Arc<Semaphore>,
}

impl Offload {
    pub(crate) fn new(algorithms: AlgorithmSet) -> Option<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        (!algorithms.is_empty()).then(|| Self { algorithms, places: Arc::new(Semaphore::new(cores)) })
    }

    /// Whether that is for another thread. Without a runtime there is none.
    pub(crate) fn takes(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(algorithm) && Handle::try_current().is_ok()
    }

    /// Does the work on another thread; `None` if the runtime shuts down.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        // Never closed. The place is given back when the work is done, though the request may be gone by then.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let work = spawn_blocking(move || (work(), drop(place)).0);
        match work.await {
            Ok(done) => Some(done),
            // The user's claims type, or a predicate, may panic: that is for the one who asked.
            Err(error) => error.try_into_panic().map_or(None, |panic| resume_unwind(panic)),
        }
    }
}
