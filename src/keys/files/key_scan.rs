//! Scanning a file with public keys, or with a JWK set.

use std::path::PathBuf;
use std::time::SystemTime;

use super::event::FilesEvent;
use super::key_file::in_file;
use super::read::read;
use super::scan::{Change, Scan, Scanned};
use super::secret_file::unusable;
use super::{MAX_JWKS_FILE_LEN, MAX_KEY_FILE_LEN};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::{keyed_digest, random_key};
use crate::jwk::{Key, KeyDigest, KeySet};
use crate::trace;

/// What a file has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    Pem,
    Jwks,
}

/// The keys of one file. They stay while it is absent.
pub(super) struct KeyScan {
    path: PathBuf,
    format: Format,
    digest: Option<KeyDigest>,
    digest_key: [u8; 32],
    /// The ids of the keys.
    ids: Vec<String>,
}

impl KeyScan {
    pub(super) fn new(path: PathBuf, format: Format) -> Self {
        Self {
            path,
            format,
            digest: None,
            digest_key: random_key(),
            ids: Vec::new(),
        }
    }

    fn change(&mut self) -> Result<Option<Change>, ConfigError> {
        let max_len = match self.format {
            Format::Pem => MAX_KEY_FILE_LEN,
            Format::Jwks => MAX_JWKS_FILE_LEN,
        };
        let content = read(&self.path, max_len).map_err(|error| unusable(error.to_string()))?;
        let digest = keyed_digest(&self.digest_key, [&content.bytes, &[], &[]]);
        if self.digest == Some(digest) {
            return Ok(None);
        }
        let keys = self
            .parse(&content.bytes)
            .map_err(|error| in_file(&self.path, &error))?;
        if content.is_readable_by_all && keys.keys().any(Key::is_secret) {
            trace::secret_file_readable(&self.path);
        }
        self.digest = Some(digest);
        let ids: Vec<_> = keys
            .keys()
            .filter_map(Key::key_id)
            .map(ToOwned::to_owned)
            .collect();
        let missing_in = |from: &[String], other: &[String]| -> Vec<String> {
            from.iter()
                .filter(|id| !other.contains(id))
                .cloned()
                .collect()
        };
        let change = Change {
            added: missing_in(&ids, &self.ids),
            removed: missing_in(&self.ids, &ids),
            keys,
        };
        self.ids = ids;
        Ok(Some(change))
    }

    /// Returns an event for each new secret that may be encoded.
    fn encoded(&self, change: &Change) -> Vec<FilesEvent> {
        let is_new = |key: &&Key| {
            let id = key.key_id();
            id.is_none_or(|id| change.added.iter().any(|added| added == id))
        };
        let new = change.keys.keys().filter(is_new);
        new.filter_map(|key| FilesEvent::may_be_encoded(key, &self.path))
            .collect()
    }

    fn parse(&self, content: &[u8]) -> Result<KeySet, ConfigError> {
        match self.format {
            Format::Pem => Key::all_from_pem(content).map(KeySet::from_iter),
            Format::Jwks => {
                let text = std::str::from_utf8(content).map_err(|_| {
                    let message = "is not a JWK set: it is not UTF-8";
                    ConfigError::new(ConfigErrorKind::UnusableKey, message)
                })?;
                let keys = KeySet::from_json(text)?;
                match keys.secret_of_two_algorithms() {
                    Some([one, other]) => Err(ConfigError::new(
                        ConfigErrorKind::SharedSecret,
                        format!("must not have the same secret for {one} and {other}"),
                    )),
                    None => Ok(keys),
                }
            }
        }
    }
}

impl Scan for KeyScan {
    fn scan(&mut self, _: SystemTime) -> Scanned {
        let (changed, error) = match self.change() {
            Ok(changed) => (changed, None),
            Err(error) => (None, Some(error)),
        };
        let events = changed.iter().flat_map(|change| self.encoded(change));
        Scanned {
            events: events.collect(),
            changed,
            error,
            ..Scanned::default()
        }
    }
}
