//! The background refresh: one task for each cache. The first verified token starts it, or the
//! first token that arrives without usable keys, or `prefetch`. It ends when the cache is dropped,
//! and when `mark_used` was not called for `idle_timeout`.

use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};

use futures::future::{Either, select};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::cache::Shared;
use super::fetch_state::{FetchReason, FetchState};
use super::single_flight::SharedFetch;
use super::{after, closed};

// `Relaxed` is enough for both flags, because no other memory is published through them. A caller
// that still reads an old `true` neither marks the keys nor starts the refresher; a later token
// does. A swap is atomic under any ordering, so exactly one caller starts the refresher.
impl Shared {
    /// Marks the keys as used and starts the refresher if there is none. Called for every verified
    /// token, so it normally only loads two flags that hardly ever change.
    pub(super) fn mark_used(self: &Arc<Self>) {
        if !self.used.load(Relaxed) {
            self.used.store(true, Relaxed);
        }
        if !self.refresher_running.load(Relaxed) && !self.refresher_running.swap(true, Relaxed) {
            self.may_be_made_up.store(false, Relaxed);
            self.spawn_refresher();
        }
    }

    /// Marks the keys as used if they are absent or due for a refresh. Returns true if this started
    /// the refresher.
    pub(super) fn mark_used_if_due(self: &Arc<Self>) -> bool {
        let now = Instant::now();
        if self.refresh_at(now) > now {
            return false;
        }
        let is_new = !self.refresher_running.load(Relaxed);
        self.mark_used();
        is_new
    }

    fn spawn_refresher(self: &Arc<Self>) {
        let guard = RefresherGuard(Arc::downgrade(self));
        if self.is_closed() {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(run_refresher(guard, self.shutdown.subscribe()))),
            // Outside a runtime. Dropping the guard lets the next request try again.
            Err(_) => drop(guard),
        }
    }

    /// Returns when the keys are due for a refresh. Now, if there are no keys.
    pub(super) fn refresh_at(&self, now: Instant) -> Instant {
        self.snapshot.load().refresh_at().unwrap_or(now)
    }

    /// Returns when the refresher fetches next: when the keys are due for a refresh, or when the
    /// backoff after a failure has passed.
    fn next_fetch_at(&self, state: &FetchState, now: Instant) -> Instant {
        let refresh_at = self.refresh_at(now);
        state
            .last_failure
            .as_ref()
            .map_or(refresh_at, |failure| failure.scheduled_at(refresh_at))
    }

    /// Starts a fetch if it is due. Returns the fetch in flight, if there is one.
    fn fetch_if_due(self: &Arc<Self>) -> Option<SharedFetch> {
        let (state, now) = (self.lock_state(), Instant::now());
        if self.next_fetch_at(&state, now) > now {
            return state.in_flight(now);
        }
        let reason = match &state.last_failure {
            Some(failure) if now < self.refresh_at(now) => failure.reason(),
            _ => FetchReason::Scheduled,
        };
        self.join_or_start(state, reason).ok()
    }
}

/// Lets the next request start a refresher when this one ends, for whatever reason.
struct RefresherGuard(Weak<Shared>);

impl Drop for RefresherGuard {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.refresher_running.store(false, Relaxed);
        }
    }
}

async fn run_refresher(guard: RefresherGuard, shutdown: watch::Receiver<bool>) {
    let mut last_used = Instant::now();
    let mut closed = pin!(closed(shutdown));
    loop {
        let Some(shared) = guard.0.upgrade() else {
            return;
        };
        let context = Arc::clone(&shared.context);
        let settings = &context.settings;
        if shared.used.swap(false, Relaxed) {
            last_used = Instant::now();
        } else if Instant::now() >= after(last_used, settings.idle_timeout) {
            return;
        }
        let next_fetch_at = shared.next_fetch_at(&shared.lock_state(), Instant::now());
        drop(shared);
        // Wakes at the idle timeout at the latest, however long the TTL is.
        let wake_at = next_fetch_at.min(after(last_used, settings.idle_timeout));
        // A fetch that a request has started may end meanwhile and change when the next one is due.
        let (time, change) = (
            pin!(sleep_until(wake_at)),
            pin!(context.fetch_ended.notified()),
        );
        let due = select(time, change);
        if let Either::Right(_) = select(due, closed.as_mut()).await {
            return;
        }
        let Some(fetch) = guard.0.upgrade().map(|shared| shared.fetch_if_due()) else {
            return;
        };
        if let Some(fetch) = fetch {
            // A fetch whose runtime is not polled never resolves.
            let _ = timeout(settings.max_fetch_duration(), fetch).await;
        }
    }
}
