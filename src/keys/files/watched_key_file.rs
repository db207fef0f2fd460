//! Public keys in a file, which can be replaced without a restart.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::key_scan::{Format, KeyScan};
use super::open::shown;
use super::settings::{DEFAULT_INTERVAL, check_interval};
use super::watch::KeyFiles;
use crate::algorithm::AlgorithmSet;
use crate::clock::SystemClock;
use crate::config_error::ConfigError;
use crate::keys::{KeyFilesHealth, KeyQuery, KeySource, Keys, KeysFuture};

/// A file with a JWK set, or with a public key in PEM form, that is watched: a [`KeySource`] whose
/// keys can be replaced without a restart.
///
/// The file is read every 10 s, at [`reload`](Self::reload), and for a token with an unknown `kid`,
/// at most once a second. Such a token waits up to 3 s. A file that is absent, or has no usable
/// key, is reported by [`KeysEvent::FilesFailed`](crate::KeysEvent::FilesFailed) and in the
/// [health](crate::IssuerHealth::files), and the keys that were read before stay in use. To replace
/// the file, write another one and rename it. On Unix, the file is not used if other users can
/// write to it or to its directory, as for [`SecretFiles`](crate::SecretFiles).
///
/// Clones share the file.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer, KeyFile};
///
/// # fn example() -> Result<(), ConfigError> {
/// let keys = KeyFile::watch_jwks("/etc/keys/jwks.json").build()?;
/// let name = "https://login.example.com/";
/// let issuer = Issuer::from_key_source(name, keys.clone(), "https://api.example.com");
/// let layer = JwtAuthLayer::builder(issuer).build()?;
/// // At SIGHUP: keys.reload().await
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct KeyFile(KeyFiles);

impl KeyFile {
    /// Returns a builder for a file with a JWK set (RFC 7517 §5) of at most 1 MiB. It may contain
    /// shared secrets.
    pub fn watch_jwks(path: impl Into<PathBuf>) -> KeyFileBuilder {
        KeyFileBuilder::new(path.into(), Format::Jwks)
    }

    /// Returns a builder for a file of at most 64 KiB with one certificate, or with up to 8 public
    /// keys, each as [`Key::from_pem`](crate::Key::from_pem) reads it. They have no ids, and verify
    /// tokens with any `kid`. Other text in the file is skipped.
    pub fn watch_pem(path: impl Into<PathBuf>) -> KeyFileBuilder {
        KeyFileBuilder::new(path.into(), Format::Pem)
    }

    /// Reads the file now, for example at SIGHUP. Must be called in a tokio runtime with a timer.
    ///
    /// # Errors
    ///
    /// As [`build`](KeyFileBuilder::build), if the file can't be used. The keys that were read
    /// before stay in use.
    pub async fn reload(&self) -> Result<(), ConfigError> {
        self.0.reload().await
    }

    /// Returns the state of the file.
    #[must_use]
    pub fn health(&self) -> KeyFilesHealth {
        self.0.health()
    }
}

impl KeySource for KeyFile {
    fn current(&self) -> Option<Keys<'_>> {
        self.0.current()
    }

    fn refresh(&self, query: KeyQuery) -> KeysFuture {
        self.0.refresh(query)
    }

    fn key_files(&self) -> Option<&KeyFiles> {
        Some(&self.0)
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyFile").field(&self.0).finish()
    }
}

/// Builds a [`KeyFile`].
#[derive(Debug)]
#[must_use]
pub struct KeyFileBuilder {
    path: PathBuf,
    format: Format,
    interval: Duration,
}

impl KeyFileBuilder {
    const fn new(path: PathBuf, format: Format) -> Self {
        Self {
            path,
            format,
            interval: DEFAULT_INTERVAL,
        }
    }

    /// Sets how often the file is read. Default: 10 s. Must be from 1 s to 1 h.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Reads the file, on this thread, and returns it as a source of keys.
    ///
    /// # Errors
    ///
    /// - [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if the interval is out of its
    ///   range.
    /// - [`UnusableFile`](crate::ConfigErrorKind::UnusableFile) if the file can't be read, is not
    ///   a regular file, can be written to by other users, or is longer than 1 MiB (JWK set) or 64
    ///   KiB (PEM).
    /// - The errors of [`KeySet::from_json`](crate::KeySet::from_json) or
    ///   [`Key::from_pem`](crate::Key::from_pem), with the path.
    /// - [`SharedSecret`](crate::ConfigErrorKind::SharedSecret) if the set has one secret for two
    ///   algorithms.
    pub fn build(self) -> Result<KeyFile, ConfigError> {
        check_interval(self.interval)?;
        let shown = format!("file {}", shown(&self.path));
        let scan = Box::new(KeyScan::new(self.path, self.format));
        let algorithms = AlgorithmSet::asymmetric();
        let files = KeyFiles::new(
            scan,
            shown,
            self.interval,
            Arc::new(SystemClock),
            algorithms,
        );
        files.map(KeyFile)
    }
}
