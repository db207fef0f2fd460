//! What a scan of files has found, until it is reported.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config_error::ConfigError;
use crate::jwk::{Key, KeySet};
use crate::keys::{KeysEvent, Observer};

#[derive(Clone)]
pub(super) enum FilesEvent {
    Changed {
        keys: Arc<KeySet>,
        added: Vec<String>,
        removed: Vec<String>,
    },
    Failed {
        error: ConfigError,
        failures: u32,
    },
    Recovered {
        failures: u32,
    },
    Old {
        key_id: String,
        age: Duration,
    },
    Repeated {
        key_id: String,
        other: String,
    },
    MayBeEncoded {
        key_id: Option<String>,
        path: PathBuf,
        encoding: &'static str,
    },
}

impl FilesEvent {
    /// Returns an event if a secret is a text that may be encoded.
    pub(super) fn may_be_encoded(key: &Key, path: &Path) -> Option<Self> {
        Some(Self::MayBeEncoded {
            encoding: key.weaker_encoding()?,
            key_id: key.key_id().map(ToOwned::to_owned),
            path: path.to_owned(),
        })
    }

    pub(super) fn log(&self, issuer: &str) {
        self.as_event().log(issuer);
    }

    pub(super) fn notify(&self, issuer: &str, observer: &Observer) {
        observer.notify(issuer, &self.as_event());
    }

    fn as_event(&self) -> KeysEvent<'_> {
        match self {
            Self::Changed {
                keys,
                added,
                removed,
            } => KeysEvent::FilesChanged {
                keys,
                added,
                removed,
            },
            Self::Failed { error, failures } => KeysEvent::FilesFailed {
                error,
                failures: *failures,
            },
            Self::Recovered { failures } => KeysEvent::FilesRecovered {
                failures: *failures,
            },
            Self::Old { key_id, age } => KeysEvent::SecretOld { key_id, age: *age },
            Self::Repeated { key_id, other } => KeysEvent::SecretRepeated { key_id, other },
            Self::MayBeEncoded {
                key_id,
                path,
                encoding,
            } => KeysEvent::SecretMayBeEncoded {
                key_id: key_id.as_deref(),
                path,
                encoding,
            },
        }
    }
}
