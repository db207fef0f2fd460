//! Secrets that are written into a configuration, where they must not be.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::location::invalid;
use crate::ConfigError;

/// A setting that looks as if it could hold a secret. Its value is not stored, so that no error and
/// no `Debug` output shows it. Deserializing it is no error: that of a TOML parser shows the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SecretValue {
    is_set: bool,
}

impl SecretValue {
    pub(super) const SET: Self = Self { is_set: true };

    /// Returns an error if there is a value. `path` is that of the table, and `names` are the
    /// settings that are read as a secret there.
    pub(super) fn reject(self, path: &str, names: &str) -> Result<(), ConfigError> {
        if !self.is_set {
            return Ok(());
        }
        let problem = format!(
            "a secret ({names}) must not be in the configuration: write it to a file, and name the \
             file (secrets.file, dpop.nonces.key_files or introspection.client_secret_file)"
        );
        Err(invalid(path, &problem))
    }
}

impl<'de> Deserialize<'de> for SecretValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Ok(Self::SET)
    }
}
