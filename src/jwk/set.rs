//! A set of keys, and the choice of the ones that may have signed a token.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::header_cache::{Header, HeaderCache};
use super::{Key, SkipReason, json_web_key};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::Verifier;
use crate::encoding::json;

/// More keys than an issuer has; what comes after is skipped.
const MAX_KEYS: usize = 128;
/// The numbers that sets were given.
static NUMBERS: AtomicU64 = AtomicU64::new(0);
/// How many keys are tried for one token: a bound on the work that one request can cause.
const MAX_CANDIDATES: usize = 4;

/// The keys of one issuer.
///
/// A JWK set is parsed key by key: what is unusable (unknown type or curve, too weak, not for signatures) is
/// [skipped](KeySet::skipped), the rest serves.
///
/// ```
/// use tower_jwt_auth::KeySet;
///
/// let set = KeySet::from_json(r#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kty":"RSA","kid":"2","n":"AQAB","e":"AQAB"}
/// ]}"#)?;
/// assert_eq!(set.keys().count(), 1);
/// assert_eq!(set.skipped()[0].key_id(), Some("2"));
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
pub struct KeySet {
    /// Sorted by key id, those without one first.
    keys: Vec<Key>,
    skipped: Vec<SkippedKey>,
    /// No other set of this process has the same.
    id: u64,
    header_cache: HeaderCache,
}

/// A json_web_key of a JWK set that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedKey {
    key_id: Option<String>,
    reason: SkipReason,
}

impl SkippedKey {
    /// The key id, where the json_web_key has one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Why it is not used: the end of a sentence that starts with "the key".
    #[must_use]
    pub const fn reason(&self) -> &SkipReason {
        &self.reason
    }
}

impl KeySet {
    /// A JWK set (RFC 7517 §5) as JSON text, given by the operator: it may hold shared secrets.
    ///
    /// # Errors
    /// [`ConfigErrorKind::UnusableKey`] if it is not a JWK set; [`ConfigErrorKind::NoKeys`] if no key is usable.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        let set = Self::parse(json.as_bytes(), |_| None)?;
        if set.keys.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::NoKeys,
                "the JWK set has no usable key",
            ));
        }
        Ok(set)
    }

    /// A JWK set that came over the network: public keys only.
    pub(crate) fn from_response(body: &[u8]) -> Result<Self, ConfigError> {
        let set = Self::parse(body, |key| {
            json_web_key::is_secret(key).then_some(SkipReason::PublishedSecret)
        })?;
        if set.keys.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::NoKeys,
                "the fetched JWK set has no usable key",
            ));
        }
        Ok(set)
    }

    fn parse(
        json: &[u8],
        refuse: impl Fn(&Key) -> Option<SkipReason>,
    ) -> Result<Self, ConfigError> {
        let document: Document<'_> = json::object(json).ok_or_else(|| {
            ConfigError::new(
                ConfigErrorKind::UnusableKey,
                "not a JWK set (RFC 7517 section 5)",
            )
        })?;
        let (mut keys, mut skipped) = (Vec::new(), Vec::new());
        for raw in document.keys {
            match usable(raw.get(), keys.len(), &refuse) {
                Ok(key) => keys.push(key),
                Err(reason) if skipped.len() < MAX_KEYS => {
                    skipped.push(SkippedKey {
                        key_id: id_of(raw.get()),
                        reason,
                    });
                }
                Err(_) => {}
            }
        }
        Ok(Self {
            skipped,
            ..Self::from_iter(keys)
        })
    }

    /// The public part of the usable keys of a JWK set, as JSON.
    pub(crate) fn public_json(json: &[u8]) -> Option<String> {
        let document: Document<'_> = json::object(json)?;
        let keys: Vec<_> = document
            .keys
            .iter()
            .filter_map(|raw| json_web_key::public_json(raw.get()))
            .collect();
        (!keys.is_empty()).then(|| format!("{{\"keys\":[{}]}}", keys.join(",")))
    }

    /// The usable keys, sorted by key id.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// The members of the JWK set that are not used.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// Which set it is: what was verified with it stands only as long as it is the current one.
    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// What the keys can verify, taken together.
    #[must_use]
    pub fn algorithms(&self) -> AlgorithmSet {
        self.keys
            .iter()
            .fold(AlgorithmSet::EMPTY, |all, key| all.union(key.algorithms()))
    }

    /// Whether the question who signed is settled by this set: it has the key of that id (fitting or not), or the token
    /// names none and a key fits.
    pub(crate) fn is_conclusive_for(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        match key_id {
            Some(_) => !self.with_id(key_id).is_empty(),
            None => self.candidates(None, algorithm).next().is_some(),
        }
    }

    /// The keys that may have signed a token with this header, at most [`MAX_CANDIDATES`]. The same id twice: both.
    /// No key of that id: those without any. No id in the token: every key that fits the algorithm.
    pub(crate) fn candidates(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &Verifier> {
        let keys = match key_id {
            None => self.keys.as_slice(),
            Some(_) => match self.with_id(key_id) {
                [] => self.with_id(None),
                same => same,
            },
        };
        keys.iter()
            .filter_map(move |key| key.verifier(algorithm))
            .take(MAX_CANDIDATES)
    }

    /// The header that is encoded as this, if a key of this set signed a token with it before.
    pub(crate) fn cached_header(&self, encoded: &[u8]) -> Option<&Header> {
        self.header_cache.get(encoded)
    }

    /// Only for the header of a token that was verified with this set.
    pub(crate) fn cache_header(&self, encoded: &[u8], header: &Header) {
        self.header_cache.add(encoded, header);
    }

    fn with_id(&self, key_id: Option<&str>) -> &[Key] {
        let start = self.keys.partition_point(|key| key.key_id() < key_id);
        let from = self.keys.get(start..).unwrap_or_default();
        let length = from.partition_point(|key| key.key_id() == key_id);
        from.get(..length).unwrap_or_default()
    }
}

/// RFC 7517 §5.
#[derive(Deserialize)]
struct Document<'j> {
    #[serde(borrow)]
    keys: Vec<&'j RawValue>,
}

fn usable(
    json: &str,
    so_far: usize,
    refuse: impl Fn(&Key) -> Option<SkipReason>,
) -> Result<Key, SkipReason> {
    if so_far >= MAX_KEYS {
        return Err(SkipReason::TooManyKeys);
    }
    let key = json_web_key::from_json(json)?;
    refuse(&key).map_or(Ok(key), Err)
}

/// The key id of an unusable json_web_key, for the report; long ones are left out.
fn id_of(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        kid: String,
    }
    json::object::<Id>(json.as_bytes())
        .map(|id| id.kid)
        .filter(|id| id.len() <= 64)
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        let mut keys: Vec<Key> = keys.into_iter().collect();
        keys.sort_by(|one, two| one.key_id().cmp(&two.key_id()));
        let id = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Self {
            keys,
            skipped: Vec::new(),
            id,
            header_cache: HeaderCache::default(),
        }
    }
}

impl From<Key> for KeySet {
    fn from(key: Key) -> Self {
        Self::from_iter([key])
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("keys", &self.keys)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}
