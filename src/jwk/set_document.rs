//! Key sets from JSON (RFC 7517 §5).

use serde::Deserialize;

use super::{Key, KeySet, SkipReason, SkippedKey, json_web_key};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::encoding::json;

/// The maximum number of usable keys of a set, and of skipped keys that are reported. Issuers
/// publish a handful; this bounds the memory that a hostile set takes.
pub(super) const MAX_KEYS: usize = 128;
/// The maximum length in bytes of the id that a skipped key is reported with.
const MAX_REPORTED_ID_LEN: usize = 64;

/// Returns the keys of a JWK set as text, to be read one by one.
fn split(json: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(json).ok()?;
    json::elements(json::member(text, "keys")?)
}

impl KeySet {
    /// Returns the keys of a JWK set (RFC 7517 §5), given as JSON text. It may contain shared
    /// secrets.
    ///
    /// Uses the first 128 usable keys. The others are [skipped](KeySet::skipped).
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::UnusableKey`] if the text is not a JWK set, [`ConfigErrorKind::NoKeys`]
    /// if it has no usable key.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        Self::parse(json.as_bytes(), |_| None)?.or_no_keys("the JWK set has no usable key")
    }

    /// Returns the public keys of a fetched JWK set.
    pub(crate) fn from_response(body: &[u8]) -> Result<Self, ConfigError> {
        // A secret that can be fetched is known to every client.
        let reject = |key: &Key| key.is_secret().then_some(SkipReason::PublishedSecret);
        Self::parse(body, reject)?.or_no_keys("the fetched JWK set has no usable key")
    }

    /// Returns the public members of the usable public keys of a JWK set, as a JWK set.
    pub(crate) fn public_json(json: &[u8]) -> Option<String> {
        let keys: Vec<_> = split(json)?
            .into_iter()
            .filter_map(json_web_key::public_json)
            .collect();
        (!keys.is_empty()).then(|| format!("{{\"keys\":[{}]}}", keys.join(",")))
    }

    fn parse(
        json: &[u8],
        reject: impl Fn(&Key) -> Option<SkipReason>,
    ) -> Result<Self, ConfigError> {
        let raw_keys = split(json).ok_or_else(|| {
            ConfigError::new(
                ConfigErrorKind::UnusableKey,
                "not a JWK set: must be a JSON object with an array `keys` (RFC 7517 section 5)",
            )
        })?;
        let (mut keys, mut skipped) = (Vec::new(), Vec::new());
        for raw in raw_keys {
            match usable(raw, keys.len(), &reject) {
                Ok(key) => keys.push(key),
                Err(reason) if skipped.len() < MAX_KEYS => {
                    skipped.push(SkippedKey::new(reported_id(raw), reason));
                }
                Err(_) => {}
            }
        }
        Ok(Self::new(keys, skipped))
    }

    fn or_no_keys(self, message: &'static str) -> Result<Self, ConfigError> {
        if self.keys().next().is_none() {
            return Err(ConfigError::new(ConfigErrorKind::NoKeys, message));
        }
        Ok(self)
    }
}

fn usable(
    json: &str,
    usable_so_far: usize,
    reject: impl Fn(&Key) -> Option<SkipReason>,
) -> Result<Key, SkipReason> {
    if usable_so_far >= MAX_KEYS {
        return Err(SkipReason::TooManyKeys);
    }
    let key = json_web_key::from_json(json)?;
    reject(&key).map_or(Ok(key), Err)
}

/// Returns the id to report a skipped key with, if it has one that is not too long.
fn reported_id(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        kid: String,
    }
    json::object::<Id>(json.as_bytes())
        .map(|id| id.kid)
        .filter(|id| id.len() <= MAX_REPORTED_ID_LEN)
}
