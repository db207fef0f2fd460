//! Checking slow signatures on other threads.

use std::error::Error as StdError;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use crate::algorithm::{Algorithm, AlgorithmSet};

/// How many requests may wait for a permit. Bounds the memory of a flood of slow signatures.
const MAX_WAITERS: usize = 10_000;

/// Runs signature checks of some algorithms on the runtime's threads for blocking work.
pub(crate) struct Offload {
    algorithms: AlgorithmSet,
    /// One for each core: more checks at a time would only slow each other down.
    permits: Arc<Semaphore>,
    waiters: Semaphore,
    /// How long a request may wait for a thread. Bounds the delay by a flood of slow signatures.
    timeout: Duration,
}

/// Why a signature was not checked.
#[derive(Debug)]
pub(super) enum NotRun {
    TooManyWait,
    TimedOut(Duration),
    ShuttingDown,
}

impl Offload {
    /// Returns `None` if there are no algorithms.
    pub(crate) fn new(algorithms: AlgorithmSet, timeout: Duration) -> Option<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        let (permits, waiters) = (Arc::new(Semaphore::new(cores)), Semaphore::new(MAX_WAITERS));
        (!algorithms.is_empty()).then_some(Self {
            algorithms,
            permits,
            waiters,
            timeout,
        })
    }

    /// Returns whether this thread is in a tokio runtime, which has other threads.
    pub(super) fn is_available() -> bool {
        Handle::try_current().is_ok()
    }

    /// Returns whether signatures of this algorithm are offloaded.
    pub(super) const fn applies_to(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(algorithm)
    }

    /// Runs `work` on another thread. Gives up if it has not started within the timeout. Panics in
    /// a runtime without a timer, as tokio's timeouts do.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        let start = Instant::now();
        let permit = self.acquire().await?;
        // Set by who comes first: the thread that starts the work, or the request that gives up or
        // is cancelled.
        let decided = Decided::default();
        let is_given_up = Arc::clone(&decided.0);
        // The work owns the permit: the request may be cancelled while the work goes on.
        let mut task = spawn_blocking(move || {
            let _permit = permit;
            (!is_given_up.swap(true, Relaxed)).then(work)
        });
        let rest = self.timeout.saturating_sub(start.elapsed());
        let outcome = match timeout(rest, &mut task).await {
            Ok(outcome) => outcome,
            Err(_) if !decided.0.swap(true, Relaxed) => return Err(NotRun::TimedOut(self.timeout)),
            Err(_) => task.await,
        };
        match outcome {
            Ok(done) => done.ok_or(NotRun::TimedOut(self.timeout)),
            // The user's claims type or clock panicked: the request's task panics, too.
            Err(error) => error
                .try_into_panic()
                .map_or(Err(NotRun::ShuttingDown), |panic| resume_unwind(panic)),
        }
    }

    /// Acquires a permit. Only a request that has to wait counts as waiting, and needs a timer.
    async fn acquire(&self) -> Result<OwnedSemaphorePermit, NotRun> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let waiter = self.waiters.try_acquire();
        let _waiter = waiter.map_err(|_| NotRun::TooManyWait)?;
        match timeout(self.timeout, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| NotRun::ShuttingDown),
            Err(_) => Err(NotRun::TimedOut(self.timeout)),
        }
    }
}

/// Set when the work has started, or is not to start. Dropping it decides the latter.
#[derive(Default)]
struct Decided(Arc<AtomicBool>);

impl Drop for Decided {
    fn drop(&mut self) {
        // No other memory depends on it.
        self.0.store(true, Relaxed);
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyWait => write!(f, "{MAX_WAITERS} signatures wait to be checked"),
            Self::TimedOut(timeout) => {
                write!(f, "no thread could check the signature within {timeout:?}")
            }
            Self::ShuttingDown => f.write_str("the runtime shuts down"),
        }
    }
}

impl StdError for NotRun {}
