//! Key sets from JSON (RFC 7517 §5).

use serde::Deserialize;

use super::jwk_form::JwkForm;
use super::{Key, KeySet, SkipReason, SkippedKey, json_web_key};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::encoding::json;

/// The maximum number of usable keys of a set, and of skipped keys that are reported. Issuers
/// publish a handful; this bounds the memory that a hostile set takes.
pub(super) const MAX_KEYS: usize = 128;
/// The maximum length in bytes of the id that a skipped key is reported with.
const MAX_REPORTED_ID_LEN: usize = 64;
/// The maximum number of skipped keys that an error names.
const MAX_NAMED_KEYS: usize = 8;

/// A JWK set without a usable key, or no JWK set.
#[derive(Debug)]
pub(crate) struct UnusableSet {
    pub(crate) error: ConfigError,
    /// The keys of the set, which are all skipped.
    pub(crate) skipped: Vec<SkippedKey>,
}

/// Returns the keys of a JWK set as text, to be read one by one.
fn split(json: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(json).ok()?;
    // RFC 8259 §8.1 lets a reader ignore a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
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
        Self::parse(json.as_bytes(), |_| None).map_err(|unusable| unusable.error)
    }

    /// Returns the public keys of a fetched JWK set. `max_candidates` was checked.
    pub(crate) fn from_response(body: &[u8], max_candidates: usize) -> Result<Self, UnusableSet> {
        // A secret that can be fetched is known to every client.
        let reject = |key: &Key| key.is_secret().then_some(SkipReason::PublishedSecret);
        Ok(Self::parse(body, reject)?.trying(max_candidates))
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
    ) -> Result<Self, UnusableSet> {
        let raw_keys = split(json).ok_or_else(UnusableSet::no_set)?;
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
        if keys.is_empty() {
            return Err(UnusableSet::no_keys(skipped));
        }
        Ok(Self::new(keys, skipped))
    }
}

impl UnusableSet {
    fn no_set() -> Self {
        let message =
            "not a JWK set: must be a JSON object with an array `keys` (RFC 7517 section 5)";
        Self {
            error: ConfigError::new(ConfigErrorKind::UnusableKey, message),
            skipped: Vec::new(),
        }
    }

    /// Names the first skipped keys, each with the reason. Their ids and the reasons are bounded.
    fn no_keys(skipped: Vec<SkippedKey>) -> Self {
        let named = skipped.iter().take(MAX_NAMED_KEYS);
        let mut reasons: Vec<_> = named.map(ToString::to_string).collect();
        match skipped.len().saturating_sub(MAX_NAMED_KEYS) {
            0 => {}
            // Further ones were not counted.
            _ if skipped.len() == MAX_KEYS => reasons.push("and more than a hundred more".into()),
            more => reasons.push(format!("and {more} more")),
        }
        let message = if skipped.is_empty() {
            "the JWK set is empty: it has no keys".to_owned()
        } else {
            format!("the JWK set has no usable key: {}", reasons.join("; "))
        };
        Self {
            error: ConfigError::new(ConfigErrorKind::NoKeys, message),
            skipped,
        }
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
    let key = json_web_key::from_json(json, JwkForm::Lenient)?;
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
