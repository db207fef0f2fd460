//! A JWK set that is fetched and cached.
//!
//! Requests read a snapshot without a lock. Fetches belong to the cache: each runs in a task of its
//! own, concurrent requests share one fetch, each with its own timeout, and cancelling one request
//! changes nothing for the others. A failed fetch leaves the cached keys in place.

mod atomic_instant;
mod cache;
mod completion;
mod context;
mod discovery;
mod failure;
mod fetch;
mod fetch_error;
mod fetch_state;
mod freshness;
mod grace;
mod host_settings;
mod http_client;
mod key_host;
mod known_missing;
mod lookup;
mod negative_cache;
mod refetch_limit;
mod refresher;
mod settings;
mod shown;
mod signature_refetch;
mod single_flight;
mod snapshot;
mod snapshot_file;
mod snapshot_writer;
mod times;
mod trusted_file;
pub(crate) mod url;
mod validation;
mod well_known;

pub(crate) use cache::JwksCache;
pub(crate) use discovery::{Discovery, Found, Wanted};
pub(crate) use fetch::{JwksLocation, check_status, encoded};
pub(crate) use fetch_error::FetchError;
pub use http_client::{HttpClient, ResponseUri};
pub use settings::JwksCacheSettings;
pub(crate) use shown::with_causes;
pub(crate) use snapshot::Snapshot;
pub(crate) use url::{is_loopback, secure_url};

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Returns the sum of `now` and `time`. If the platform can't represent it, returns a time 30 years
/// after `now`, which no process reaches.
pub(crate) fn after(now: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    now.checked_add(time)
        .or_else(|| now.checked_add(FAR))
        .unwrap_or(now)
}

/// Resolves when the cache is closed or dropped.
async fn closed(mut shutdown: watch::Receiver<bool>) {
    // An error means that it was dropped.
    let _ = shutdown.wait_for(|is_closed| *is_closed).await;
}

/// Locks a mutex, whether poisoned or not.
///
/// Only the user's code can panic under one of this module's locks: the `clone` of an HTTP client,
/// and an observer of a failure to write a snapshot. Both run while the locked value is valid, so a
/// poisoned mutex holds a valid value.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Like [`lock`], but returns `None` if the mutex is locked.
fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
