//! Secrets and keys in files, and secrets in the environment.
//!
//! Files that are watched are read every few seconds, on a thread for blocking work, and compared
//! with what they had. Watchers of the operating system would miss mounts, links and network file
//! systems.

mod event;
mod folder;
mod key_file;
mod key_scan;
mod open;
mod overlap;
mod read;
mod reload;
mod scan;
mod secret_file;
mod secret_files;
mod secret_report;
mod secret_scan;
mod secret_text;
mod settings;
mod subscription;
mod watch;
mod watched_key_file;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use secret_files::{SecretFiles, SecretFilesBuilder};
pub(crate) use subscription::Subscription;
pub(crate) use watch::KeyFiles;
pub use watched_key_file::{KeyFile, KeyFileBuilder};

/// The maximum length in bytes of a file with one key or secret.
const MAX_KEY_FILE_LEN: usize = 64 * 1024;
/// The maximum length in bytes of a file with a JWK set.
const MAX_JWKS_FILE_LEN: usize = 1024 * 1024;

/// Locks a mutex, whether poisoned or not: no lock is held where code of the user runs, but for the
/// clock, which runs before anything is changed.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
