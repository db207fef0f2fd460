//! The state of watched files, for health checks and dashboards.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::health::seconds_since_1970;
use crate::config_error::ConfigError;

/// The state of the files of a [`SecretFiles`](crate::SecretFiles) or a
/// [`KeyFile`](crate::KeyFile).
///
/// Contains no key material. Serializes as JSON, durations as whole seconds and times as seconds
/// since 1970.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct KeyFilesHealth {
    /// The time since the files were read.
    #[serde(serialize_with = "whole_seconds")]
    pub age: Duration,
    /// What is wrong with the files, on one line, with their paths. What was read before from these
    /// files stays in use. `None` if all files were read.
    pub last_error: Option<String>,
    /// How many times in a row reading the files has failed, for at least one of them.
    pub failures: u32,
    /// The secrets, sorted by key id. Empty for a [`KeyFile`](crate::KeyFile).
    pub secrets: Vec<SecretInfo>,
}

/// One secret of a [`SecretFiles`](crate::SecretFiles), without the secret.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SecretInfo {
    /// The key id: the name of the file.
    pub key_id: String,
    /// Whether it is the newest: the one with the greatest name.
    pub current: bool,
    /// Since when the file exists, by the clock of the [`SecretFiles`](crate::SecretFiles): the
    /// time at which this process first read it, or for a file that was there at the start, the
    /// time at which it was last changed.
    #[serde(serialize_with = "time_since_1970")]
    pub since: SystemTime,
    /// The time since the file was last written.
    #[serde(serialize_with = "whole_seconds")]
    pub age: Duration,
    /// Whether it is older than
    /// [`max_secret_age`](crate::SecretFilesBuilder::max_secret_age).
    pub old: bool,
    /// Until when it verifies tokens, if there is a newer secret and
    /// [`overlap`](crate::SecretFilesBuilder::overlap) is set. `None` otherwise.
    #[serde(serialize_with = "seconds_since_1970")]
    pub not_after: Option<SystemTime>,
    /// Whether that time has passed: the secret verifies nothing, and its file can be removed.
    pub expired: bool,
}

impl KeyFilesHealth {
    pub(super) const fn first(secrets: Vec<SecretInfo>) -> Self {
        Self {
            age: Duration::ZERO,
            last_error: None,
            failures: 0,
            secrets,
        }
    }

    /// Takes over the outcome of a scan. Returns how many had failed in a row before.
    pub(super) fn update(&mut self, secrets: Vec<SecretInfo>, error: Option<&ConfigError>) -> u32 {
        let before = self.failures;
        self.secrets = secrets;
        self.last_error = error.map(ToString::to_string);
        self.failures = match error {
            Some(_) => before.saturating_add(1),
            None => 0,
        };
        before
    }
}

fn whole_seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    time.as_secs().serialize(serializer)
}

fn time_since_1970<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    seconds_since_1970(&Some(*time), serializer)
}
