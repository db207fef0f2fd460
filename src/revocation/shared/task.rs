//! The background task: one for each list with a store. It ends when the list is dropped.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::select_all;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Shared, following, writing};

/// How often a list that is stale is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// A task that runs. When it ends, also with its runtime, the next request starts another one.
pub(super) struct Running(Arc<Shared>);

impl Running {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

impl Deref for Running {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Relaxed);
    }
}

/// Reads from the store and writes to it until the list is dropped.
pub(super) async fn run(shared: Running, mut alive: watch::Receiver<()>) {
    let parts = [
        following::run(&shared).boxed(),
        writing::run(&shared).boxed(),
        watch_age(&shared).boxed(),
        // Nothing is ever sent.
        alive.changed().map(drop).boxed(),
    ];
    select_all(parts).await;
}

/// Logs that the list is stale also while there are no requests.
async fn watch_age(shared: &Shared) {
    if shared
        .freshness
        .loaded()
        .wait_for(|loaded| *loaded)
        .await
        .is_err()
    {
        return;
    }
    loop {
        match shared.freshness.stale_at() {
            Some(at) if at > Instant::now() => sleep_until(at).await,
            // It is stale, until the store is back or the list is of no use any more.
            _ => sleep(INTERVAL).await,
        }
        shared.freshness.check();
    }
}
