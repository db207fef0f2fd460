//! A secret from a file or from the environment, read once.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use zeroize::Zeroizing;

use super::MAX_KEY_FILE_LEN;
use super::open::shown;
use super::read::read;
use super::secret_text::secret_in;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::{Secret, SecretEncoding};
use crate::trace;

impl Secret {
    /// Returns the secret in a file, which is read once. The bytes of the file are the secret, but
    /// for one line feed at the end of a text. [`SecretFiles`](crate::SecretFiles) watches files.
    ///
    /// On Unix, a file is rejected if a user other than root and the one of this process can write
    /// to it or to its directory. In a directory with the sticky bit, the file must belong to one
    /// of these two users. A file that every user can read is logged as a warning.
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::UnusableFile`], with the path and what to do, if the file can't be read,
    /// is not a regular file, can be written to by other users, or is longer than 64 KiB, or if its
    /// text is empty, starts or ends with white space, is in quotes, starts with a byte order mark,
    /// is ASCII in UTF-16, or ends with CR LF.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::from_encoded_file(path, SecretEncoding::Raw)
    }

    /// Returns the secret that a file encodes, as [`from_file`](Self::from_file).
    ///
    /// # Errors
    ///
    /// As [`from_file`](Self::from_file), and [`ConfigErrorKind::UnusableFile`] if the text
    /// is not in that encoding.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Secret, SecretEncoding};
    ///
    /// # fn example() -> Result<(), tower_jwt_auth::ConfigError> {
    /// let secret = Secret::from_encoded_file("/run/secrets/jwt", SecretEncoding::Base64url)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_encoded_file(
        path: impl AsRef<Path>,
        encoding: SecretEncoding,
    ) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let content = read(path, MAX_KEY_FILE_LEN).map_err(|error| unusable(error.to_string()))?;
        if content.is_readable_by_all {
            trace::secret_file_readable(path);
        }
        secret_in(&content.bytes, encoding)
            .map_err(|problem| unusable(format!("file {}: {problem}", shown(path))))
    }

    /// Returns the secret in the environment variable `name`. If the variable `name` + `_FILE` is
    /// set in its place, returns the secret in the file with that path, as
    /// [`from_file`](Self::from_file).
    ///
    /// Note: prefer files. The environment can't be wiped, child processes inherit it, and crash
    /// reports and `/proc` show it. The variable stays set.
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::UnusableFile`] if neither variable is set, if both are, if the text is
    /// one that [`from_file`](Self::from_file) rejects, and as that.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example() -> Result<(), tower_jwt_auth::ConfigError> {
    /// // JWT_SECRET, or the content of the file that JWT_SECRET_FILE names.
    /// let secret = tower_jwt_auth::Secret::from_env("JWT_SECRET")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env(name: impl AsRef<OsStr>) -> Result<Self, ConfigError> {
        Self::from_encoded_env(name, SecretEncoding::Raw)
    }

    /// Returns the secret that the environment encodes, as [`from_env`](Self::from_env).
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env), and [`ConfigErrorKind::UnusableFile`] if the text
    /// is not in that encoding.
    pub fn from_encoded_env(
        name: impl AsRef<OsStr>,
        encoding: SecretEncoding,
    ) -> Result<Self, ConfigError> {
        let name = name.as_ref();
        let mut file_name = name.to_owned();
        file_name.push("_FILE");
        let (content, path) = (env::var_os(name).map(wiped), env::var_os(&file_name));
        let (name, file_name) = (shown(name.as_ref()), shown(file_name.as_ref()));
        match (content, path) {
            (Some(content), None) => secret_in(&content, encoding)
                .map_err(|problem| unusable(format!("environment variable {name}: {problem}"))),
            (None, Some(path)) => Self::from_encoded_file(path, encoding),
            (None, None) => Err(unusable(format!(
                "environment variables {name} and {file_name}: one of them must be set"
            ))),
            (Some(_), Some(_)) => Err(unusable(format!(
                "environment variables {name} and {file_name}: must not both be set"
            ))),
        }
    }
}

fn wiped(value: OsString) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(value.into_encoded_bytes())
}

pub(super) fn unusable(message: String) -> ConfigError {
    ConfigError::new(ConfigErrorKind::UnusableFile, message)
}
