//! Shared secrets, which are in files or in the environment.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::algorithm_name::AlgorithmName;
use super::duration::Time;
use super::location::{At as _, invalid, only_one};
use super::set::set_times;
use crate::{Algorithm, ConfigError, Key, Secret, SecretEncoding, SecretFiles};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SecretsConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<AlgorithmName>,
    encoding: Encoding,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overlap: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_secret_age: Option<Time>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    #[default]
    Raw,
    Base64,
    Base64url,
    Hex,
}

/// The keys of an issuer with shared secrets.
pub(super) enum Secrets {
    /// Read once.
    Key(Key),
    Watched(SecretFiles),
}

impl SecretsConfig {
    pub(super) fn read(self, path: &str) -> Result<Secrets, ConfigError> {
        let given = [
            ("dir", self.dir.is_some()),
            ("files", !self.files.is_empty()),
            ("file", self.file.is_some()),
            ("env", self.env.is_some()),
        ];
        let given = only_one(path, &given)?;
        let algorithm = self.algorithm.map_or(Algorithm::HS256, |name| name.0);
        let encoding = self.encoding.into();
        let secret = match (self.dir, self.file, self.env) {
            (Some(dir), _, _) => {
                let files = SecretFiles::watch(dir, algorithm).encoding(encoding);
                set_times!(files, self, interval, overlap, max_secret_age);
                return files
                    .build()
                    .map(Secrets::Watched)
                    .at(&format!("{path}.dir"));
            }
            (_, Some(file), _) => {
                Secret::from_encoded_file(file, encoding).at(&format!("{path}.file"))?
            }
            (_, _, Some(name)) => {
                Secret::from_encoded_env(name, encoding).at(&format!("{path}.env"))?
            }
            (None, None, None) if given.is_some() => {
                let files = SecretFiles::watch_each(self.files, algorithm).encoding(encoding);
                set_times!(files, self, interval, overlap, max_secret_age);
                return files
                    .build()
                    .map(Secrets::Watched)
                    .at(&format!("{path}.files"));
            }
            (None, None, None) => {
                return Err(invalid(path, "must have dir, files, file or env"));
            }
        };
        let watched = [
            ("interval", self.interval.is_some()),
            ("overlap", self.overlap.is_some()),
            ("max_secret_age", self.max_secret_age.is_some()),
        ];
        if let Some((setting, _)) = watched.iter().find(|(_, given)| *given) {
            let problem = "is for files that are watched: use dir or files, or remove it";
            return Err(invalid(&format!("{path}.{setting}"), problem));
        }
        Key::from_secret(algorithm, &secret)
            .map(Secrets::Key)
            .at(path)
    }
}

impl From<Encoding> for SecretEncoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Raw => Self::Raw,
            Encoding::Base64 => Self::Base64,
            Encoding::Base64url => Self::Base64url,
            Encoding::Hex => Self::Hex,
        }
    }
}
