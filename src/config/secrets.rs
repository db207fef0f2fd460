//! Shared secrets, which are in files or in the environment.

use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::algorithm_name::AlgorithmName;
use super::duration::Time;
use super::location::{At as _, invalid, only_one};
use super::secret_value::SecretValue;
use super::set::set_times;
use super::variable::secret_in_variable;
use crate::{Algorithm, Audience, ConfigError, Issuer, Key, Secret, SecretEncoding, SecretFiles};

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
    #[serde(
        skip_serializing,
        alias = "key",
        alias = "keys",
        alias = "password",
        alias = "token",
        alias = "value"
    )]
    secret: SecretValue,
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

impl Secrets {
    /// Returns an issuer with these keys and no others.
    pub(super) fn issuer(self, name: &str, audience: Audience) -> Issuer {
        match self {
            Self::Key(key) => Issuer::from_keys(name, key, audience),
            Self::Watched(files) => Issuer::from_key_source(name, files, audience),
        }
    }
}

impl SecretsConfig {
    fn with_secret() -> Self {
        Self {
            secret: SecretValue::SET,
            ..Self::default()
        }
    }

    pub(super) fn read(self, path: &str) -> Result<Secrets, ConfigError> {
        self.secret
            .reject(path, "secret, key, keys, password, token or value")?;
        let given = [
            ("dir", self.dir.is_some()),
            ("files", !self.files.is_empty()),
            ("file", self.file.is_some()),
            ("env", self.env.is_some()),
        ];
        let given = only_one(path, &given)?;
        match given {
            None => Err(invalid(path, "must have dir, files, file or env")),
            Some("file" | "env") => self.read_once(path),
            Some(setting) => self.watch(&format!("{path}.{setting}")),
        }
    }

    fn algorithm(&self) -> Algorithm {
        self.algorithm.map_or(Algorithm::HS256, |name| name.0)
    }

    fn watch(self, path: &str) -> Result<Secrets, ConfigError> {
        let algorithm = self.algorithm();
        let files = match self.dir {
            Some(dir) => SecretFiles::watch(dir, algorithm),
            None => SecretFiles::watch_each(self.files, algorithm),
        };
        let files = files.encoding(self.encoding.into());
        set_times!(files, self, interval, overlap, max_secret_age);
        files.build().map(Secrets::Watched).at(path)
    }

    fn read_once(self, path: &str) -> Result<Secrets, ConfigError> {
        let watched = [
            ("interval", self.interval.is_some()),
            ("overlap", self.overlap.is_some()),
            ("max_secret_age", self.max_secret_age.is_some()),
        ];
        if let Some((setting, _)) = watched.iter().find(|(_, given)| *given) {
            let problem = "is for files that are watched: use dir or files, or remove it";
            return Err(invalid(&format!("{path}.{setting}"), problem));
        }
        let (algorithm, encoding) = (self.algorithm(), self.encoding.into());
        let secret = match (self.file, self.env) {
            (Some(file), _) => {
                Secret::from_encoded_file(file, encoding).at(&format!("{path}.file"))
            }
            (None, name) => {
                let name = name.unwrap_or_default();
                secret_in_variable(&name, encoding, &format!("{path}.env"))
            }
        };
        Key::from_secret(algorithm, &secret?)
            .map(Secrets::Key)
            .at(path)
    }
}

/// Reads the table. A value in its place is a secret, which is not stored.
pub(super) fn secrets_table<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretsConfig>, D::Error> {
    deserializer.deserialize_any(SecretsVisitor)
}

struct SecretsVisitor;

impl<'de> Visitor<'de> for SecretsVisitor {
    type Value = Option<SecretsConfig>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with dir, files, file or env")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Some(SecretsConfig::with_secret()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(SecretsConfig::with_secret()))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        SecretsConfig::deserialize(MapAccessDeserializer::new(table)).map(Some)
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
