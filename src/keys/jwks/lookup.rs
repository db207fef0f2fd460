//! The look-up of a key that is not cached.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::after;
use super::cache::Shared;
use super::failure::Failure;
use super::fetch_state::{FetchReason, FetchState};
use super::single_flight::SharedFetch;
use crate::keys::event::KeysEvent;
use crate::keys::source::{KeyQuery, KeysError};

/// The next step of a look-up.
enum LookupStep {
    /// Look at the cached keys: they are as new as they can be now.
    Ready,
    /// As `Ready` or `Fail`, and report that the refetch limit is reached.
    LimitReached(Result<(), KeysError>),
    /// Wait for a fetch that was in flight before.
    Join(SharedFetch),
    /// Wait for a fetch that has just been started.
    Start(SharedFetch),
    /// Fail without waiting.
    Fail(KeysError),
}

impl Shared {
    /// Brings the key into the cache if the issuer has it. `Ok` means that the cached keys are as
    /// new as they can be, or fresh, not that they contain the key.
    ///
    /// Without the key, a token is rejected as long as there are fresh keys, whatever the fetches
    /// do: an error would let any client make the service look unavailable.
    pub(super) async fn refresh_for(self: &Arc<Self>, query: KeyQuery) -> Result<(), KeysError> {
        let refreshed = self.try_refresh_for(query).await;
        if self.snapshot.load().is_fresh(Instant::now()) {
            return Ok(());
        }
        refreshed
    }

    /// Fetches once, or a second time if the first fetch was in flight before.
    async fn try_refresh_for(self: &Arc<Self>, query: KeyQuery) -> Result<(), KeysError> {
        let now = Instant::now();
        if Handle::try_current().is_err() {
            // Outside a runtime, a timeout would panic.
            return Err(self.no_runtime());
        }
        let deadline = after(now, self.context.settings.wait_timeout);
        let (fetch, joined) = match self.fetch_for(&query, now) {
            ControlFlow::Continue(fetch) => fetch,
            ControlFlow::Break(outcome) => return outcome,
        };
        // Held while this request waits. A cancelled request drops it, too.
        let _permit = self
            .waiter_permits
            .try_acquire()
            .map_err(|_| self.too_many_waiters())?;
        let fetched = self.wait(fetch, deadline).await;
        if fetched.is_err() || !joined || self.has_key_for(&query, Instant::now()) {
            return self.outcome_of(query, fetched);
        }
        // The fetch may have read the set before the issuer published the key: one more fetch,
        // which starts later than this request.
        match self.fetch_for(&query, Instant::now()) {
            ControlFlow::Continue((fetch, _)) => {
                let fetched = self.wait(fetch, deadline).await;
                self.outcome_of(query, fetched)
            }
            ControlFlow::Break(outcome) => outcome,
        }
    }

    /// Returns the fetch to wait for and whether it was in flight before, or else the outcome.
    fn fetch_for(
        self: &Arc<Self>,
        query: &KeyQuery,
        now: Instant,
    ) -> ControlFlow<Result<(), KeysError>, (SharedFetch, bool)> {
        match self.next_step(query, now) {
            LookupStep::Join(fetch) => ControlFlow::Continue((fetch, true)),
            LookupStep::Start(fetch) => ControlFlow::Continue((fetch, false)),
            LookupStep::Ready => ControlFlow::Break(Ok(())),
            LookupStep::LimitReached(outcome) => {
                // After `next_step` has unlocked the state: see `FetchContext::report`.
                self.context.report(&KeysEvent::RefetchLimitReached);
                ControlFlow::Break(outcome)
            }
            LookupStep::Fail(error) => ControlFlow::Break(Err(error)),
        }
    }

    /// Decides with the state locked: of any number of concurrent callers one starts a fetch, and
    /// the others join it.
    fn next_step(self: &Arc<Self>, query: &KeyQuery, now: Instant) -> LookupStep {
        let mut state = self.lock_state();
        if self.has_key_for(query, now) {
            return LookupStep::Ready;
        }
        let usable = self.is_usable(now);
        if usable && self.negative_cache.contains(query, now) {
            return LookupStep::Ready;
        }
        if let Some(failure) = self.blocking_failure(&state, usable, now) {
            return LookupStep::Fail(failure.error(now));
        }
        if let Some(fetch) = state.in_flight(now) {
            return LookupStep::Join(fetch);
        }
        if usable && !state.refetch_limit.try_acquire(now) {
            return limit_reached(&mut state, now);
        }
        let reason = if usable {
            FetchReason::Forced
        } else {
            FetchReason::Scheduled
        };
        self.join_or_start(state, reason)
            .map_or_else(LookupStep::Fail, LookupStep::Start)
    }

    /// Returns the last failure if the next fetch is not due yet, or still in flight. Whether the
    /// issuer has the key can't be known then, and waiting would let a flood of forged tokens use
    /// up the permits of waiters. Without usable keys, a fetch in flight is waited for.
    fn blocking_failure<'s>(
        &self,
        state: &'s FetchState,
        usable: bool,
        now: Instant,
    ) -> Option<&'s Failure> {
        let failure = state.last_failure.as_ref()?;
        let is_blocked = if usable {
            now < failure.retry_at || state.in_flight(now).is_some()
        } else {
            now < failure.scheduled_at(self.refresh_at(now))
        };
        is_blocked.then_some(failure)
    }

    /// Waits for a fetch until the caller's own deadline.
    async fn wait(&self, fetch: SharedFetch, deadline: Instant) -> Result<(), KeysError> {
        if let Ok(fetched) = timeout_at(deadline, fetch).await {
            // The channel is closed if the fetch's runtime was shut down.
            return fetched.unwrap_or_else(|_| Err(self.timed_out()));
        }
        let state = self.lock_state();
        let now = Instant::now();
        if state.in_flight(now).is_some() {
            // An issuer that has not answered yet counts as failing: stale keys stay usable.
            self.extend_grace(now);
        }
        Err(self.timed_out())
    }

    /// Returns the outcome for a request that has waited. A key that the fetched set does not have
    /// is added to the negative cache.
    fn outcome_of(&self, query: KeyQuery, fetched: Result<(), KeysError>) -> Result<(), KeysError> {
        let now = Instant::now();
        if self.has_key_for(&query, now) {
            return Ok(());
        }
        if fetched.is_ok() {
            self.negative_cache.insert(query, now);
        }
        fetched
    }

    fn has_key_for(&self, query: &KeyQuery, now: Instant) -> bool {
        self.is_usable(now)
            && self
                .snapshot
                .load()
                .keys()
                .is_conclusive_for(query.key_id.as_deref(), query.algorithm)
    }
}

/// The refetch limit is reached. While the issuer fails, that is an error: whether it has the key
/// can't be known.
fn limit_reached(state: &mut FetchState, now: Instant) -> LookupStep {
    let outcome = state
        .last_failure
        .as_ref()
        .map_or(Ok(()), |failure| Err(failure.error(now)));
    if state.refetch_limit.report_once() {
        LookupStep::LimitReached(outcome)
    } else {
        outcome.map_or_else(LookupStep::Fail, |()| LookupStep::Ready)
    }
}
