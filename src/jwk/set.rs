//! A set of keys, and the choice of the keys that may have signed a token.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::candidates::{Candidates, Tried};
use super::header_cache::{Header, HeaderCache};
use super::set_document::MAX_KEYS;
use super::{Key, KeyDigest, SkippedKey};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::ConfigError;
use crate::crypto::Verifier;

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// The keys of one issuer.
///
/// Each key of a JWK set is checked on its own. Those of an unknown type, of too few bits or for
/// another purpose, for example, are [skipped](KeySet::skipped), and the others are used. Clones
/// share the parsed keys.
///
/// A key whose JWK has a member `issuer` verifies the tokens of that issuer only, compared with
/// `iss` byte by byte; with a placeholder, as in `https://login.example.com/{tenantid}/v2.0`, those
/// of every issuer that fits it. Microsoft Entra ID adds this member, which no RFC defines. It
/// holds wherever the set comes from, and can only restrict a key.
///
/// Public keys are also read in forms that the RFCs do not allow and that issuers publish, if they
/// mean the same key to every reader: a byte order mark before the set, padded base64url, EC
/// coordinates with missing or additional leading zero bytes, `use` of SPIFFE (`jwt-svid`), and an
/// empty or null `kid`, which counts as absent.
///
/// # Examples
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
/// assert_eq!(set.skipped()[0].reason().to_string(), "is an RSA key of fewer than 2048 bits");
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct KeySet {
    /// Sorted by key id, those without one first.
    keys: Vec<Key>,
    skipped: Vec<SkippedKey>,
    id: u64,
    header_cache: HeaderCache,
    candidates: Candidates,
}

impl KeySet {
    pub(super) fn new(mut keys: Vec<Key>, skipped: Vec<SkippedKey>) -> Self {
        keys.sort_by(|one, two| one.key_id().cmp(&two.key_id()));
        Self {
            keys,
            skipped,
            // Relaxed: an id must be unique, and orders no other memory.
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            header_cache: HeaderCache::default(),
            candidates: Candidates::default(),
        }
    }

    /// Returns the usable keys, sorted by key id, those without one first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// Returns the keys of the JWK set that are not used: at most 128.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// Returns the id of the set, which no other set of this process has. Clones have the same id,
    /// as they have the same keys.
    ///
    /// A cached token is valid only as long as the set that it was verified with is the current
    /// one.
    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// Returns the algorithms that the keys verify, taken together.
    #[must_use]
    pub fn algorithms(&self) -> AlgorithmSet {
        self.keys
            .iter()
            .fold(AlgorithmSet::EMPTY, |all, key| all.union(key.algorithms()))
    }

    /// Returns whether this set suffices to accept or reject a token, so that no newer one is
    /// needed: it has a key of that id, whatever its algorithm, or the token has no key id and a
    /// key fits its algorithm. One whose JWK names another issuer counts, too.
    pub(crate) fn is_conclusive_for(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        match key_id {
            Some(_) => !self.with_id(key_id).is_empty(),
            None => self.candidates(None, algorithm).next().is_some(),
        }
    }

    /// Sets how many keys are tried for one token, 1 to 128. Default: 8.
    ///
    /// Matters only for a token without `kid`, and for keys without an id or with the same one.
    /// Those that are pinned to the token's algorithm are tried, the one that last verified a token
    /// first. If more keys fit and none of those tried made the signature, the token is rejected
    /// with [`ErrorKind::TooManyKeys`](crate::ErrorKind::TooManyKeys).
    ///
    /// Note: a forged token costs as many signature checks as keys are tried.
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if `max` is out
    /// of its range.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_jwt_auth::KeySet;
    /// # fn load() -> KeySet { [].into_iter().collect() }
    /// let keys: KeySet = load().with_max_candidates(16)?;
    /// # Ok::<(), tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn with_max_candidates(self, max: usize) -> Result<Self, ConfigError> {
        if !(1..=MAX_KEYS).contains(&max) {
            return Err(ConfigError::invalid_setting(format!(
                "max_candidates is {max}: must be between 1 and {MAX_KEYS}"
            )));
        }
        Ok(self.trying(max))
    }

    pub(super) const fn trying(mut self, max_candidates: usize) -> Self {
        self.candidates.max = max_candidates;
        self
    }

    /// Tries the key with the greatest id first for a token without `kid`, and at most
    /// `max_candidates`.
    pub(crate) fn newest_first(mut self, max_candidates: usize) -> Self {
        self.candidates = Candidates::reversed(max_candidates);
        self
    }

    /// Returns the keys that may have signed a token, however many they are.
    ///
    /// These are the keys of that id, or else those without an id. For a token without a key id
    /// they are all keys. In each case only those that are pinned to the algorithm.
    pub(crate) fn candidates(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &Verifier> {
        let keys = self.matching(key_id).iter();
        keys.filter_map(move |key| key.verifier(algorithm))
    }

    /// Tries the [`candidates`](Self::candidates) for a token of that issuer, up to
    /// `max_candidates`, without the keys whose JWK names another issuer.
    pub(crate) fn try_candidates(
        &self,
        issuer: &str,
        key_id: Option<&str>,
        algorithm: Algorithm,
        verifies: impl FnMut(&Verifier) -> bool,
    ) -> Tried {
        let fitting = |key: &Key| key.is_for(issuer);
        self.candidates.try_each(
            self.matching(key_id),
            key_id.is_none(),
            fitting,
            algorithm,
            verifies,
        )
    }

    /// Returns the digests of the public keys.
    pub(crate) fn public_digests(&self) -> impl Iterator<Item = KeyDigest> {
        let public = self.keys.iter().filter(|key| !key.is_secret());
        public.map(|key| key.digest)
    }

    /// Returns the digests of the shared secrets.
    pub(crate) fn secret_digests(&self) -> impl Iterator<Item = KeyDigest> {
        let secrets = self.keys.iter().filter(|key| key.is_secret());
        secrets.map(|key| key.digest)
    }

    /// Returns two keys that have the same secret, the first of which comes first in the set.
    pub(crate) fn repeated_secrets(&self) -> impl Iterator<Item = (&Key, &Key)> {
        let mut secrets: Vec<_> = self.keys.iter().filter(|key| key.is_secret()).collect();
        // Stable.
        secrets.sort_by_key(|key| key.digest);
        let pairs = secrets.clone().into_iter().zip(secrets.into_iter().skip(1));
        pairs.filter(|(one, other)| one.digest == other.digest)
    }

    /// Returns two algorithms that have the same secret.
    pub(crate) fn secret_of_two_algorithms(&self) -> Option<[Algorithm; 2]> {
        let mut repeated = self.repeated_secrets();
        repeated.find_map(|(one, other)| {
            let [one, other] = [one, other].map(|key| key.algorithms().iter().next());
            let algorithms = [one?, other?];
            (algorithms[0] != algorithms[1]).then_some(algorithms)
        })
    }

    /// Returns the header that is encoded as these bytes, if a token with it was verified with this
    /// set.
    pub(crate) fn cached_header(&self, encoded: &[u8]) -> Option<&Header> {
        self.header_cache.get(encoded)
    }

    /// Caches the header of a token that was verified with this set.
    pub(crate) fn cache_header(&self, encoded: &[u8], header: &Header) {
        self.header_cache.add(encoded, header);
    }

    fn matching(&self, key_id: Option<&str>) -> &[Key] {
        match key_id {
            None => &self.keys,
            Some(_) => match self.with_id(key_id) {
                [] => self.with_id(None),
                same => same,
            },
        }
    }

    /// Returns the keys of that id, or those without one.
    fn with_id(&self, key_id: Option<&str>) -> &[Key] {
        let start = self.keys.partition_point(|key| key.key_id() < key_id);
        let end = self.keys.partition_point(|key| key.key_id() <= key_id);
        let found = self.keys.get(start..end);
        // The range is valid: the keys are sorted, so `start` is at most `end`.
        debug_assert!(found.is_some(), "the keys are sorted by id");
        found.unwrap_or_default()
    }
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        Self::new(keys.into_iter().collect(), Vec::new())
    }
}

impl From<Key> for KeySet {
    fn from(key: Key) -> Self {
        Self::from_iter([key])
    }
}

impl<const N: usize> From<[Key; N]> for KeySet {
    fn from(keys: [Key; N]) -> Self {
        Self::from_iter(keys)
    }
}

impl From<Vec<Key>> for KeySet {
    fn from(keys: Vec<Key>) -> Self {
        Self::from_iter(keys)
    }
}

/// Shows no key material.
impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("keys", &self.keys)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: Option<&str>) -> Key {
        let secret: Vec<u8> = (0..32).collect();
        let key = Key::from_secret(Algorithm::HS256, secret).unwrap();
        match id {
            Some(id) => key.with_key_id(id),
            None => key,
        }
    }

    #[test]
    fn keys_are_found_by_id_and_the_others_by_having_none() {
        let ids = [Some("b"), None, Some("a"), Some("b"), Some("d"), None];
        let set: KeySet = ids.map(key).into_iter().collect();
        let found = |id| set.with_id(id).len();
        assert_eq!(
            [None, Some("a"), Some("b"), Some("d")].map(found),
            [2, 1, 2, 1]
        );
        assert_eq!(["", "aa", "c", "e"].map(|id| found(Some(id))), [0; 4]);
        assert_eq!(KeySet::from_iter([]).with_id(Some("a")).len(), 0);
    }

    #[test]
    fn a_clone_has_the_id_and_another_set_of_the_same_keys_has_not() {
        let set = KeySet::from(key(None));
        assert_eq!(set.clone().id(), set.id());
        assert_ne!(set.keys().cloned().collect::<KeySet>().id(), set.id());
    }
}
