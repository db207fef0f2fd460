//! Refreshing in the background: one task a cache, started by the first token that is worth it, ended with the cache or
//! when nobody asks any more.

use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};

use futures::future::{Either, select};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::flight::Ticket;
use super::tower::Tower;
use super::{Cache, after};

impl Cache {
    /// Called for every token that is proven: two loads of what hardly ever changes.
    pub(super) fn keep_driving(self: &Arc<Self>) {
        if !self.used.load(Relaxed) {
            self.used.store(true, Relaxed);
        }
        if !self.driving.load(Relaxed) && !self.driving.swap(true, Relaxed) {
            self.start_driving();
        }
    }

    fn start_driving(self: &Arc<Self>) {
        let wheel = Wheel(Arc::downgrade(self));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(drive(wheel, self.open.subscribe()))),
            // Not on a runtime: perhaps the next request is. The wheel's drop lets it try.
            Err(_) => drop(wheel),
        }
    }

    /// When to fetch next without being asked: when the set ages, or the pause after a failure is over; now, if there
    /// is neither.
    fn next_fetch(&self, tower: &Tower) -> Instant {
        let failure = tower.failure.as_ref().map(|failure| failure.retry_at);
        failure
            .or_else(|| self.snapshot.load().refresh_at())
            .unwrap_or_else(Instant::now)
    }

    fn fetch_if_due(self: &Arc<Self>) -> Option<Ticket> {
        let (mut tower, now) = (self.tower(), Instant::now());
        let due = self.next_fetch(&tower) <= now;
        if due {
            self.board(&mut tower).ok()
        } else {
            tower.flight(now)
        }
    }
}

/// Lets the next request start a driver when this one ends, however it ends.
struct Wheel(Weak<Cache>);

impl Drop for Wheel {
    fn drop(&mut self) {
        if let Some(cache) = self.0.upgrade() {
            cache.driving.store(false, Relaxed);
        }
    }
}

async fn drive(wheel: Wheel, mut open: watch::Receiver<()>) {
    let mut last_used = Instant::now();
    loop {
        let Some(cache) = wheel.0.upgrade() else {
            return;
        };
        if cache.used.swap(false, Relaxed) {
            last_used = Instant::now();
        } else if Instant::now() >= after(last_used, cache.origin.settings.idle_after) {
            return;
        }
        let (next, origin) = (cache.next_fetch(&cache.tower()), Arc::clone(&cache.origin));
        drop(cache);
        // Looks then whether anybody still asks, however long the keys live.
        let next = next.min(after(last_used, origin.settings.idle_after));
        // A fetch that somebody else caused may end meanwhile, and then the next one may be due earlier.
        let (time, change) = (pin!(sleep_until(next)), pin!(origin.changed.notified()));
        let due = select(time, change);
        if let Either::Right(_) = select(due, pin!(open.changed())).await {
            return;
        }
        let Some(ticket) = wheel.0.upgrade().map(|cache| cache.fetch_if_due()) else {
            return;
        };
        if let Some(ticket) = ticket {
            // Were the flight lost, nobody would clear its ticket.
            let _ = timeout(origin.settings.longest_flight(), ticket).await;
        }
    }
}
