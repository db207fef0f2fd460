//! One verification key.

use std::fmt;
use std::sync::Arc;

use super::issuer_pattern::KeyIssuer;
use super::jwk_form::JwkForm;
use super::secret_strength::{check_secret, min_secret_len, weaker_encoding};
use super::{json_web_key, pem};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::Verifier;

/// A digest of a key. 128 bits do not collide by chance.
pub(crate) type KeyDigest = [u8; 16];

/// A key that verifies signatures: a public key or a shared secret.
///
/// A key is checked and parsed once, and pinned to its algorithms: a token can't choose another
/// one. Clones share the parsed key.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Algorithm, Key};
///
/// # let random: Vec<u8> = (0..32).collect();
/// let secret = Key::from_secret(Algorithm::HS256, &random)?;
/// assert!(secret.algorithms().contains(Algorithm::HS256));
/// // `Debug` shows no key material.
/// assert_eq!(format!("{secret:?}"), "Key { key_id: None, algorithms: {HS256}, .. }");
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Key {
    pub(super) id: Option<Box<str>>,
    /// Shared by clones, so that cloning does not copy a secret.
    pub(super) verifiers: Vec<(Algorithm, Arc<Verifier>)>,
    /// Equal for keys that verify the same signatures, so that keys of several issuers, and secrets
    /// of different algorithms, can be compared. That of a secret is an HMAC by it, which reveals
    /// no more than the signature of a token does.
    pub(super) digest: KeyDigest,
    /// The issuer that the JWK names, which is the only one that the key is used for.
    pub(super) issuer: Option<Box<KeyIssuer>>,
    /// The encoding in which a secret is a text of fewer bytes than its hash has.
    pub(super) weaker_encoding: Option<&'static str>,
}

impl Key {
    /// Returns a key for HMAC: a secret that is shared with the issuer, as a
    /// [`Secret`](crate::Secret) or as bytes.
    ///
    /// Prefer public keys: every service that can verify a token with a secret can also sign one.
    ///
    /// The bytes are used as they are. If they are a text that decodes as hex or base64 to fewer
    /// bytes than the hash has, they are accepted, and a warning is logged, with issuer and key id,
    /// when a layer is built with the key: [`Secret::decode`](crate::Secret::decode) names the
    /// encoding.
    ///
    /// # Errors
    ///
    /// - [`ConfigErrorKind::InvalidSetting`] if the algorithm is not HMAC.
    /// - [`ConfigErrorKind::WeakSecret`] if the secret is shorter than the output of the hash (32,
    ///   48 or 64 bytes; RFC 7518 §3.2) or longer than 64 KiB, has fewer than 8 distinct byte
    ///   values, repeats a block that is shorter than the hash, consists of sequences, is a
    ///   placeholder, consists of three words or more with separators between them, is the text of
    ///   a key, a JSON Web Token, a public key or a certificate, or is one of these in hex or
    ///   base64. The [`SkipReason`](crate::SkipReason) of each says more. Random bytes, raw or in
    ///   hex, base64 or base64url, are rejected in less than one of a million cases.
    ///
    /// Note: a public key is not recognized if it looks like random bytes: the modulus of an RSA
    /// key, an Ed25519 key, the compressed point or one coordinate of an EC key.
    pub fn from_secret(
        algorithm: Algorithm,
        secret: impl AsRef<[u8]>,
    ) -> Result<Self, ConfigError> {
        let min_len = min_secret_len(algorithm).ok_or_else(|| not_hmac(algorithm))?;
        let error =
            |kind, reason| ConfigError::new(kind, format!("the secret for {algorithm} {reason}"));
        let secret = secret.as_ref();
        check_secret(secret, min_len)
            .map_err(|reason| error(ConfigErrorKind::WeakSecret, reason))?;
        let key = Self::hmac(secret, algorithm)
            .map_err(|reason| error(ConfigErrorKind::UnusableKey, reason))?;
        Ok(Self {
            weaker_encoding: weaker_encoding(secret, min_len),
            ..key
        })
    }

    /// Returns the public key of a PEM file: RSA, P-256, P-384, P-521, Ed25519 or ML-DSA, labelled
    /// `PUBLIC KEY` (`SubjectPublicKeyInfo`), `RSA PUBLIC KEY` (PKCS #1) or `CERTIFICATE` (X.509).
    ///
    /// Of a certificate, only the public key is read. Nothing else is checked: not its signature,
    /// its chain, its period of validity, its subject or its key usage. It is trusted because it is
    /// configured, and stays so after it has expired.
    ///
    /// An RSA key verifies all RSA algorithms, unless [`Key::with_algorithms`] restricts it.
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::UnusableKey`] if it is not such a key, is a private key, has several keys
    /// or certificates (such as a chain), has an unsupported curve, is an RSA key of fewer than
    /// 2048 or more than 8192 bits, or with a factor below 752, is a HashML-DSA key, or is an
    /// ML-DSA key of another length than RFC 9881 requires, or one that this build [does not
    /// verify](Algorithm::is_supported).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        pem::from_pem(pem.as_ref())
    }

    /// Returns the public keys of a PEM file that may have several.
    pub(crate) fn all_from_pem(pem: &[u8]) -> Result<Vec<Self>, ConfigError> {
        pem::all_from_pem(pem)
    }

    /// Returns the public key of a DER file (`SubjectPublicKeyInfo`, RFC 5280 §4.1).
    ///
    /// # Errors
    ///
    /// As [`Key::from_pem`].
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        pem::from_der(der.as_ref())
    }

    /// Returns the key of a JWK (RFC 7517 §4), given as JSON text. It may be a shared secret.
    ///
    /// The JWK must have the form that the RFCs require. What [`KeySet::from_json`] accepts beside
    /// it, because issuers publish it, is rejected here.
    ///
    /// [`KeySet::from_json`]: crate::KeySet::from_json
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::UnusableKey`] for every [`SkipReason`](crate::SkipReason) that applies to
    /// a key on its own.
    pub fn from_jwk(json: &str) -> Result<Self, ConfigError> {
        json_web_key::from_json(json, JwkForm::Strict).map_err(|reason| {
            ConfigError::new(ConfigErrorKind::UnusableKey, format!("the key {reason}"))
        })
    }

    /// Sets the key id, which tokens name in `kid`.
    ///
    /// A key without an id is tried if no key of the set has the token's `kid`.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.id = Some(key_id.into().into());
        self
    }

    /// Restricts the key to some of its algorithms.
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::NoAlgorithms`] if the key verifies none of them.
    pub fn with_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ConfigError> {
        let wanted: AlgorithmSet = algorithms.into_iter().collect();
        let available = self.algorithms();
        self.verifiers
            .retain(|(algorithm, _)| wanted.contains(*algorithm));
        if self.verifiers.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::NoAlgorithms,
                format!("algorithms {wanted:?}: must contain one of the key's, {available:?}"),
            ));
        }
        Ok(self)
    }

    /// Returns the key id, if the key has one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the algorithms that the key verifies.
    #[must_use]
    pub fn algorithms(&self) -> AlgorithmSet {
        self.verifiers
            .iter()
            .map(|(algorithm, _)| *algorithm)
            .collect()
    }

    /// Returns the key as parsed for `algorithm`, if it is pinned to it.
    pub(crate) fn verifier(&self, algorithm: Algorithm) -> Option<&Verifier> {
        self.verifiers
            .iter()
            .find(|(pinned, _)| *pinned == algorithm)
            .map(|(_, verifier)| &**verifier)
    }

    /// Sets the only issuer whose tokens the key verifies, or a pattern of such issuers.
    pub(super) fn with_issuer(mut self, issuer: String) -> Self {
        self.issuer = Some(Box::new(KeyIssuer::new(issuer)));
        self
    }

    /// Returns whether the key verifies tokens of an issuer: of every one, unless its JWK names
    /// one.
    pub(super) fn is_for(&self, issuer: &str) -> bool {
        let named = self.issuer.as_ref();
        named.is_none_or(|named| named.is_or_fits(issuer))
    }

    /// Returns the digest of the key, which is equal for keys that verify the same signatures.
    pub(crate) const fn digest(&self) -> KeyDigest {
        self.digest
    }

    /// Returns the encoding in which a secret is a text of fewer bytes than its hash has.
    pub(crate) const fn weaker_encoding(&self) -> Option<&'static str> {
        self.weaker_encoding
    }

    /// Returns whether the key is a shared secret.
    pub(crate) fn is_secret(&self) -> bool {
        self.algorithms().iter().any(Algorithm::is_symmetric)
    }
}

/// Returns the error of a secret for an algorithm that has none.
pub(super) fn not_hmac(algorithm: Algorithm) -> ConfigError {
    ConfigError::invalid_setting(format!(
        "algorithm {algorithm}: must be HS256, HS384 or HS512 for a shared secret"
    ))
}

/// Shows no key material.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("key_id", &self.id)
            .field("algorithms", &self.algorithms())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_verifies_with_the_same_parsed_key() {
        let secret: Vec<u8> = (0..32).collect();
        let key = Key::from_secret(Algorithm::HS256, &secret).unwrap();
        let clone = key.clone();
        assert_eq!(clone.digest, key.digest);
        assert!(std::ptr::eq(
            key.verifier(Algorithm::HS256).unwrap(),
            clone.verifier(Algorithm::HS256).unwrap()
        ));
    }

    #[test]
    fn an_error_names_the_algorithms_that_the_key_does_not_verify() {
        let secret: Vec<u8> = (0..32).collect();
        let key = Key::from_secret(Algorithm::HS256, &secret).unwrap();
        let error = key.with_algorithms([Algorithm::ES256]).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::NoAlgorithms);
        assert_eq!(
            error.to_string(),
            "algorithms {ES256}: must contain one of the key's, {HS256}"
        );
    }
}
