//! Secrets in files, which can be replaced without a restart.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::folder::Files;
use super::secret_scan::SecretScan;
use super::settings::{DEFAULT_INTERVAL, check_interval, check_max_secret_age, check_overlap};
use super::watch::KeyFiles;
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::jwk::SecretEncoding;
use crate::keys::{KeyFilesHealth, KeyQuery, KeySource, Keys, KeysFuture};

/// Secrets in files that are watched: a [`KeySource`] in which each file is one secret, and its
/// name the key id (`kid`).
///
/// The files are read every 10 s, at [`reload`](Self::reload), and for a token with an unknown
/// `kid`, at most once a second. Such a token waits up to 3 s. A token with a `kid` is verified
/// with the secret of that name only. For a token without one, at most four secrets are tried: the
/// one that verified the last such token, and then the newest. The newest is the one with the
/// greatest name, compared byte by byte, so name the files by date: `2026-11-29`.
///
/// - A new secret is used as soon as it is read. A secret whose file is removed verifies no token
///   after the files are read the next time, not even cached tokens. A file counts as removed if it
///   is absent twice in a row, a tenth of the interval apart, and 1 s at most.
/// - A file that can't be used (unreadable, weak, writable by other users) is reported by
///   [`KeysEvent::FilesFailed`](crate::KeysEvent::FilesFailed) and in the
///   [health](crate::IssuerHealth::files). The secret that was read before stays in use. So do all
///   secrets while the directory is absent or can't be listed, and the last ones until there is
///   another file that can be used.
/// - To replace a file, write another one whose name starts with a dot, and rename it. Names that
///   start with a dot are skipped. The directories that Kubernetes mounts (`..data`) work, except
///   with `subPath`, which is never updated.
/// - On Unix, a file is not used if a user other than root and the one of this process can write to
///   it or to its directory. In a directory with the sticky bit, as Kubernetes mounts them, the
///   file must belong to one of these two users. A file that every user can read is logged once, as
///   a warning.
///
/// Clones share the files. They are read on a thread for blocking work of the tokio runtime in
/// which the first request runs, until the last clone and the last issuer with it are dropped.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Algorithm, ConfigError, Issuer, JwtAuthLayer, SecretEncoding, SecretFiles};
///
/// # fn example() -> Result<(), ConfigError> {
/// let secrets = SecretFiles::watch("/run/secrets/jwt", Algorithm::HS256)
///     .encoding(SecretEncoding::Base64url)
///     .overlap(Duration::from_secs(60 * 60))
///     .build()?;
/// let name = "https://login.example.com/";
/// let issuer = Issuer::from_key_source(name, secrets.clone(), "https://api.example.com");
/// let layer = JwtAuthLayer::builder(issuer).build()?;
/// // At SIGHUP: secrets.reload().await
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SecretFiles(KeyFiles);

impl SecretFiles {
    /// Returns a builder for the secrets in a directory: all files whose names do not start with a
    /// dot. At most 64 files are allowed, of at most 64 KiB each.
    pub fn watch(directory: impl Into<PathBuf>, algorithm: Algorithm) -> SecretFilesBuilder {
        SecretFilesBuilder::new(Files::Folder(directory.into()), algorithm)
    }

    /// Returns a builder for the secrets in these files: at most 64, of at most 64 KiB each. Their
    /// names must differ, also if their directories do. A file that is absent counts as removed.
    pub fn watch_each(
        files: impl IntoIterator<Item = impl Into<PathBuf>>,
        algorithm: Algorithm,
    ) -> SecretFilesBuilder {
        let files = files.into_iter().map(Into::into).collect();
        SecretFilesBuilder::new(Files::Each(files), algorithm)
    }

    /// Reads the files now, for example at SIGHUP. Must be called in a tokio runtime with a timer.
    ///
    /// # Errors
    ///
    /// As [`build`](SecretFilesBuilder::build), if any file can't be used. Its secret that was read
    /// before stays in use. The other files are read all the same.
    pub async fn reload(&self) -> Result<(), ConfigError> {
        self.0.reload().await
    }

    /// Returns the state of the files.
    #[must_use]
    pub fn health(&self) -> KeyFilesHealth {
        self.0.health()
    }
}

impl KeySource for SecretFiles {
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

impl fmt::Debug for SecretFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretFiles").field(&self.0).finish()
    }
}

/// Builds a [`SecretFiles`].
#[must_use]
pub struct SecretFilesBuilder {
    scan: SecretScan,
    interval: Duration,
    clock: Arc<dyn Clock>,
}

impl SecretFilesBuilder {
    fn new(files: Files, algorithm: Algorithm) -> Self {
        Self {
            scan: SecretScan::new(files, algorithm),
            interval: DEFAULT_INTERVAL,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets how the files encode the secrets. Default: [`SecretEncoding::Raw`].
    pub fn encoding(mut self, encoding: SecretEncoding) -> Self {
        self.scan.encoding = encoding;
        self
    }

    /// Sets how often the files are read. Default: 10 s. Must be from 1 s to 1 h.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets for how long a secret verifies tokens after one with a greater name has appeared, so
    /// that it ends even if its file is not removed. Default: none, it is used until its file is
    /// removed. Must be from 1 min to 366 days.
    ///
    /// Set it to the maximum lifetime of a token, plus the leeway, plus the time until all signers
    /// use the new secret. After a restart, the time counts from the last change of the newer file.
    /// Kubernetes writes all files of a volume again when one of them changes.
    ///
    /// A secret that has ended is not used again when newer ones are replaced or removed, unless it
    /// is then the newest. It ends when the files are read after that time, so up to an interval
    /// later.
    ///
    /// Note: a newer secret must have a greater name.
    pub const fn overlap(mut self, overlap: Duration) -> Self {
        self.scan.overlap = Some(overlap);
        self
    }

    /// Sets the age at which a secret is reported as old, by
    /// [`KeysEvent::SecretOld`](crate::KeysEvent::SecretOld) and in the health; it stays in use.
    /// Default: 90 days. Must be from 1 day to 3660 days.
    pub const fn max_secret_age(mut self, age: Duration) -> Self {
        self.scan.max_secret_age = age;
        self
    }

    /// Sets the clock for the ages of secrets and for the overlap. Default:
    /// [`SystemClock`](crate::SystemClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Reads the files, on this thread, and returns them as a source of keys.
    ///
    /// # Errors
    ///
    /// - [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if a setting is out of its
    ///   range, the algorithm is not HMAC, or two files of
    ///   [`watch_each`](SecretFiles::watch_each) have the same name.
    /// - [`UnusableFile`](crate::ConfigErrorKind::UnusableFile) if there is no file, if there are
    ///   more than 64, or if any of them can't be read, is not a regular file, can be written to by
    ///   other users, is longer than 64 KiB, is not in the encoding, or has a content that
    ///   [`Secret::from_file`](crate::Secret::from_file) rejects.
    /// - [`WeakSecret`](crate::ConfigErrorKind::WeakSecret), with the path, as
    ///   [`Key::from_secret`](crate::Key::from_secret).
    pub fn build(self) -> Result<SecretFiles, ConfigError> {
        check_interval(self.interval)?;
        check_max_secret_age(self.scan.max_secret_age)?;
        self.scan.overlap.map_or(Ok(()), check_overlap)?;
        self.scan.files.check()?;
        let shown = self.scan.files.shown();
        let algorithms = AlgorithmSet::EMPTY;
        let scan = Box::new(self.scan);
        KeyFiles::new(scan, shown, self.interval, self.clock, algorithms).map(SecretFiles)
    }
}

impl fmt::Debug for SecretFilesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretFilesBuilder")
            .field("files", &self.scan.files.shown())
            .finish_non_exhaustive()
    }
}
