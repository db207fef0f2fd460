//! A set of keys, and the choice of the ones that may have signed a token.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::headers::{Header, KnownHeaders};
use super::{Key, member};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::Verifier;
use crate::json;

/// More keys than an issuer has; what comes after is skipped.
const MOST_KEYS: usize = 128;
/// The numbers that sets were given.
static NUMBERS: AtomicU64 = AtomicU64::new(0);
/// How many keys are tried for one token: a bound on the work that one request can cause.
const MOST_CANDIDATES: usize = 4;

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
    number: u64,
    headers: KnownHeaders,
}

/// A member of a JWK set that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedKey {
    key_id: Option<String>,
    reason: &'static str,
}

impl SkippedKey {
    /// The key id, where the member has one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Why it is not used: the end of a sentence that starts with "the key".
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
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
            member::is_secret(key).then_some("is a secret, and was published")
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
        refuse: impl Fn(&Key) -> Option<&'static str>,
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
                Err(reason) if skipped.len() < MOST_KEYS => {
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
            .filter_map(|raw| member::public_json(raw.get()))
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
    pub(crate) const fn number(&self) -> u64 {
        self.number
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
    pub(crate) fn may_verify(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        match key_id {
            Some(_) => !self.with_id(key_id).is_empty(),
            None => self.candidates(None, algorithm).next().is_some(),
        }
    }

    /// The keys that may have signed a token with this header, at most [`MOST_CANDIDATES`]. The same id twice: both.
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
            .take(MOST_CANDIDATES)
    }

    /// The header that is encoded as this, if a key of this set signed a token with it before.
    pub(crate) fn known_header(&self, encoded: &[u8]) -> Option<&Header> {
        self.headers.get(encoded)
    }

    /// Only for the header of a token that was verified with this set.
    pub(crate) fn remember_header(&self, encoded: &[u8], header: &Header) {
        self.headers.add(encoded, header);
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
    refuse: impl Fn(&Key) -> Option<&'static str>,
) -> Result<Key, &'static str> {
    if so_far >= MOST_KEYS {
        return Err("comes after more keys than are kept");
    }
    let key = member::from_json(json)?;
    refuse(&key).map_or(Ok(key), Err)
}

/// The key id of an unusable member, for the report; long ones are left out.
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
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Self {
            keys,
            skipped: Vec::new(),
            number,
            headers: KnownHeaders::default(),
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
