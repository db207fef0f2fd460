//! One fetch at a time, shared by all callers.
//!
//! The hand-over: with the state locked, the task of a fetch takes its fetch out of the state and
//! stores the new snapshot. Only then does it wake the waiters. A caller looks at the snapshot and
//! at the state under the same lock before it joins or starts a fetch. So the caller either finds
//! the fetch in flight and waits for it, or comes later and finds the snapshot that the fetch
//! stored. No caller can miss both and start a second fetch for the same need.
//!
//! If the task is dropped, [`InFlightGuard`] takes the fetch out of the state and records a
//! failure, and the waiters find their channel closed. If the task's runtime is not polled any
//! more, the fetch is given up after
//! [`max_fetch_duration`](super::settings::JwksCacheSettings::max_fetch_duration). Its result, if
//! one comes after another fetch has started, is discarded. A failure that comes later than that
//! counts as interrupted, such as by a process that was frozen; keys that come so late are used.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, MutexGuard, Weak};

use futures::FutureExt as _;
use futures::future::{Either, Shared as SharedFuture, select};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};

use super::cache::Shared;
use super::context::FetchContext;
use super::fetch::{Fetcher, Validator};
use super::fetch_error::FetchError;
use super::fetch_state::{FetchReason, FetchStart, FetchState};
use super::{after, closed};
use crate::keys::source::KeysError;

/// Resolves for every waiter when the fetch has ended. The channel is closed if its task was
/// dropped.
pub(super) type SharedFetch = SharedFuture<oneshot::Receiver<Result<(), KeysError>>>;

impl Shared {
    /// Joins the fetch in flight, or else starts one. Unlocks the state.
    pub(super) fn join_or_start(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, FetchState>,
        reason: FetchReason,
    ) -> Result<SharedFetch, KeysError> {
        let now = Instant::now();
        if self.is_closed() {
            return Err(self.timed_out());
        }
        if let Some(fetch) = state.in_flight(now) {
            return Ok(fetch);
        }
        let runtime = Handle::try_current().map_err(|_| self.no_runtime())?;
        let (waiters, fetch) = oneshot::channel();
        let fetch = fetch.shared();
        let guard = InFlightGuard {
            shared: Arc::downgrade(self),
            fetch_id: state.start(fetch.clone(), FetchStart { at: now, reason }),
        };
        let snapshot = self.snapshot.load();
        if snapshot.is_fresh(now) {
            // The refresh began in time: the keys stay usable until its outcome is known. After a
            // failure, the grace already includes the next fetch.
            self.extend_grace(now);
        }
        let validator = snapshot.validator().cloned();
        // A runtime that is shutting down drops the task within `spawn`, and the guard's drop locks
        // the state.
        drop(state);
        runtime.spawn(run_fetch(
            Arc::clone(&self.context),
            reason,
            validator,
            self.shutdown.subscribe(),
            guard,
            waiters,
        ));
        Ok(fetch)
    }

    /// Keeps stale keys usable until a fetch that starts at `start` has ended or is given up.
    pub(super) fn extend_grace(&self, start: Instant) {
        self.grace
            .extend(after(start, self.context.settings.max_fetch_duration()));
    }
}

/// Runs a fetch to its end, or until the cache is dropped.
async fn run_fetch(
    context: Arc<FetchContext>,
    reason: FetchReason,
    validator: Option<Validator>,
    shutdown: watch::Receiver<bool>,
    guard: InFlightGuard,
    waiters: oneshot::Sender<Result<(), KeysError>>,
) {
    let settings = &context.settings;
    let fetcher = Fetcher {
        client: &context.client,
        settings,
        reason,
    };
    let fetch = context.location.fetch(&fetcher, validator.as_ref());
    // A panic of the client is a failed fetch, with the usual backoff. Uncaught, it would look as
    // if the runtime had been shut down, and the next fetch would start at once.
    let fetch = AssertUnwindSafe(fetch)
        .catch_unwind()
        .map(|outcome| outcome.unwrap_or(Err(FetchError::Panicked)));
    let fetch = pin!(timeout(settings.fetch_timeout, fetch));
    let Either::Left((outcome, _)) = select(fetch, pin!(closed(shutdown))).await else {
        return;
    };
    let outcome = outcome.unwrap_or(Err(FetchError::TimedOut));
    if outcome.is_err() {
        // The JWK set may have moved: the next fetch reads the metadata again.
        context.location.invalidate();
    }
    let Some(shared) = guard.shared.upgrade() else {
        return;
    };
    // An error means that nothing waits for the fetch any more.
    let _ = waiters.send(shared.complete(guard.fetch_id, outcome));
}

/// Takes a fetch out of the state if its task ends without completing it.
struct InFlightGuard {
    shared: Weak<Shared>,
    fetch_id: u64,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let mut state = shared.lock_state();
        let Some(start) = state.finish(self.fetch_id) else {
            return;
        };
        let cause = Arc::new(FetchError::NoRuntime);
        shared.abort(&mut state, start, cause, Instant::now());
    }
}
