//! A public key from a file, read once.

use std::path::Path;

use super::MAX_KEY_FILE_LEN;
use super::open::shown;
use super::read::read;
use super::secret_file::unusable;
use crate::config_error::ConfigError;
use crate::jwk::Key;

impl Key {
    /// Returns the public key in a PEM file, as [`Key::from_pem`]. The file is read once.
    /// [`Issuer::pem_file`](crate::Issuer::pem_file) watches it.
    ///
    /// On Unix, a file is rejected if a user other than root and the one of this process can write
    /// to it or to its directory, and so replace the key. In a directory with the sticky bit, the
    /// file must belong to one of these two users.
    ///
    /// # Errors
    ///
    /// - The errors of [`Key::from_pem`], with the path.
    /// - [`UnusableFile`](crate::ConfigErrorKind::UnusableFile) if the file can't be read, is not a
    ///   regular file, can be written to by other users, or is longer than 64 KiB.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let content = read(path, MAX_KEY_FILE_LEN).map_err(|error| unusable(error.to_string()))?;
        Self::from_pem(&*content.bytes).map_err(|error| in_file(path, &error))
    }
}

/// Returns an error about the content of a file, with its path.
pub(super) fn in_file(path: &Path, error: &ConfigError) -> ConfigError {
    ConfigError::new(error.kind(), format!("file {}: {error}", shown(path)))
}
