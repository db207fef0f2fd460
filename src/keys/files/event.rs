//! What a look at files has found, until it is reported.

use std::sync::Arc;
use std::time::Duration;

use crate::config_error::ConfigError;
use crate::jwk::KeySet;
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
}

impl FilesEvent {
    /// Logs the event, and calls the observer.
    pub(super) fn report(&self, issuer: &str, observer: Option<&Observer>) {
        let event = self.as_event();
        event.log(issuer, true);
        if let Some(observer) = observer {
            observer.notify(issuer, &event);
        }
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
        }
    }
}
