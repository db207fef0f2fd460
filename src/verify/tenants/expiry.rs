//! The task that removes tenants which are not used. It runs while there are any.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::issuers::TenantKeys;
use super::usage::UNVERIFIED_TTL;

/// Starts the task. Outside a runtime nothing is fetched, so there is nothing to end either; then
/// the next new tenant tries again.
pub(super) fn spawn(keys: &Arc<TenantKeys>) -> bool {
    let (weak, shutdown) = (Arc::downgrade(keys), keys.shutdown.subscribe());
    Handle::try_current().is_ok_and(|runtime| {
        drop(runtime.spawn(run(weak, shutdown)));
        true
    })
}

async fn run(keys: Weak<TenantKeys>, mut shutdown: watch::Receiver<()>) {
    let mut running = Running(keys);
    while let Some(pause) = running.0.upgrade().and_then(|keys| remove_expired(&keys)) {
        // An error means that the keys were dropped.
        if timeout(pause, shutdown.changed()).await.is_ok() {
            return;
        }
    }
    // No tenant is left, which the keys know already: another task may have been started.
    running.0 = Weak::new();
}

/// Dropped without being polled to its end if the runtime shuts down: then the next new tenant
/// starts another task.
struct Running(Weak<TenantKeys>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(keys) = self.0.upgrade() {
            keys.lock().is_expiry_running = false;
        }
    }
}

/// Returns the time until the next look, or `None` if no tenant is left.
fn remove_expired(keys: &TenantKeys) -> Option<Duration> {
    let (now, idle) = (Instant::now(), keys.idle());
    let mut admission = keys.lock();
    let removed = keys
        .cache
        .retain(|issuer| !issuer.is_expired_tenant(now, idle));
    let is_empty = keys.cache.all().is_empty();
    // Under the lock: a tenant that is added next starts the task again.
    admission.is_expiry_running = !is_empty;
    drop(admission);
    for issuer in removed {
        issuer.retire();
    }
    (!is_empty).then(|| idle.min(UNVERIFIED_TTL).div_f32(2.0))
}
