//! A secret that two issuers have.

use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::KeyDigest;
use crate::keys::KeysEvent;
use crate::verify::ConfiguredIssuer;

pub(super) struct SharedSecret<'s> {
    pub(super) issuer: &'s ConfiguredIssuer,
    pub(super) other: &'s ConfiguredIssuer,
    pub(super) digest: KeyDigest,
}

impl SharedSecret<'_> {
    /// Returns the same from the point of view of the other issuer.
    pub(super) const fn reversed(self) -> Self {
        Self {
            issuer: self.other,
            other: self.issuer,
            digest: self.digest,
        }
    }

    /// Returns an error that names both issuers, and the ids of their keys.
    pub(super) fn error(&self) -> ConfigError {
        let [one, other] = [self.issuer, self.other].map(|issuer| {
            let name = &issuer.name;
            match issuer.id_of_secret(self.digest) {
                Some(id) => format!("{name:?} (kid {id:?})"),
                None => format!("{name:?}"),
            }
        });
        let message = format!(
            "issuers {one} and {other}: must not share a secret, as each could sign tokens of the \
             other"
        );
        ConfigError::new(ConfigErrorKind::SharedSecret, message)
    }

    /// Logs an error, and calls the observer of the issuer.
    pub(super) fn report(&self) {
        let key_id = self.issuer.id_of_secret(self.digest);
        let other_key_id = self.other.id_of_secret(self.digest);
        let event = KeysEvent::SecretShared {
            key_id: key_id.as_deref(),
            other: &self.other.name,
            other_key_id: other_key_id.as_deref(),
        };
        event.log(&self.issuer.name);
        if let Some(observer) = &self.issuer.observer {
            observer.notify(&self.issuer.name, &event);
        }
    }
}
