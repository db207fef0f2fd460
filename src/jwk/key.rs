//! One verifying key.

use std::fmt;

use super::SkipReason;
use super::strength::{check_rsa, check_secret, has_small_order, shortest_secret, significant};
use crate::algorithm::{Algorithm, AlgorithmSet, Family};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::{KeyRejected, Verifier};

/// A key that verifies signatures: a public key or a shared secret, parsed once and pinned to its algorithms.
///
/// ```
/// use tower_jwt_auth::{Algorithm, Key};
///
/// # let random: Vec<u8> = (0..32).collect();
/// let secret = Key::from_secret(Algorithm::HS256, &random)?;
/// assert!(secret.algorithms().contains(Algorithm::HS256));
/// // Nothing of the key is ever printed.
/// assert_eq!(format!("{secret:?}"), "Key { key_id: None, algorithms: {HS256}, .. }");
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
pub struct Key {
    id: Option<Box<str>>,
    verifiers: Vec<(Algorithm, Verifier)>,
    /// Of a shared secret, to tell whether another key has the same one, whatever the algorithms.
    probe: Option<Verifier>,
}

impl Key {
    /// A secret shared with the issuer. Prefer public keys: who can verify with a secret can also sign.
    ///
    /// # Errors
    /// [`ConfigErrorKind::WeakSecret`] if it is shorter than the hash's output (32, 48 or 64 bytes; RFC 7518 §3.2) or
    /// made of fewer than 8 distinct byte values, or is really a public key; [`ConfigErrorKind::InvalidSetting`] if the algorithm isn't HMAC.
    pub fn from_secret(
        algorithm: Algorithm,
        secret: impl AsRef<[u8]>,
    ) -> Result<Self, ConfigError> {
        let Some(shortest) = shortest_secret(algorithm) else {
            return Err(ConfigError::new(
                ConfigErrorKind::InvalidSetting,
                format!("{algorithm} does not work with a shared secret"),
            ));
        };
        check_secret(secret.as_ref(), shortest).map_err(|reason| {
            ConfigError::new(
                ConfigErrorKind::WeakSecret,
                format!("the secret for {algorithm} {reason}"),
            )
        })?;
        Self::hmac(secret.as_ref(), algorithm).map_err(|_| unsupported(algorithm))
    }

    /// A public key in PEM form: `PUBLIC KEY` (`SubjectPublicKeyInfo`) or `RSA PUBLIC KEY` (PKCS #1). RSA, P-256, P-384,
    /// P-521 and Ed25519 keys; what kind it is, the key says itself.
    ///
    /// An RSA key fits all RSA algorithms; narrow it with [`Key::with_algorithms`].
    ///
    /// # Errors
    /// [`ConfigErrorKind::UnusableKey`]: not such a key, RSA below 2048 bits, another curve, or a private key.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        super::pem::from_pem(pem.as_ref())
    }

    /// A public key in DER form (`SubjectPublicKeyInfo`, RFC 5280 §4.1).
    ///
    /// # Errors
    /// As [`Key::from_pem`].
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        super::pem::from_der(der.as_ref())
    }

    /// One JWK (RFC 7517 §4), as JSON text.
    ///
    /// # Errors
    /// [`ConfigErrorKind::UnusableKey`]: not a JWK, not meant for signatures, or too weak.
    pub fn from_jwk(json: &str) -> Result<Self, ConfigError> {
        super::json_web_key::from_json(json).map_err(|reason| {
            ConfigError::new(ConfigErrorKind::UnusableKey, format!("the JWK {reason}"))
        })
    }

    /// Sets the key id that tokens name in `kid`. A key without one is tried where no key has
    /// the token's `kid`.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.id = Some(key_id.into().into());
        self
    }

    /// Restricts the key to some of its algorithms.
    ///
    /// # Errors
    /// [`ConfigErrorKind::NoAlgorithms`] if none of them fits the key.
    pub fn with_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ConfigError> {
        let wanted: AlgorithmSet = algorithms.into_iter().collect();
        self.verifiers
            .retain(|(algorithm, _)| wanted.contains(*algorithm));
        if self.verifiers.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::NoAlgorithms,
                "none of the algorithms fits the key",
            ));
        }
        Ok(self)
    }

    /// The key id.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What the key can verify.
    #[must_use]
    pub fn algorithms(&self) -> AlgorithmSet {
        self.verifiers
            .iter()
            .map(|(algorithm, _)| *algorithm)
            .collect()
    }

    /// The key, parsed for `algorithm`, if it is pinned to it.
    pub(crate) fn verifier(&self, algorithm: Algorithm) -> Option<&Verifier> {
        self.verifiers
            .iter()
            .find(|(pinned, _)| *pinned == algorithm)
            .map(|(_, verifier)| verifier)
    }

    pub(crate) fn shares_secret_with(&self, other: &Self) -> bool {
        let probes = self.probe.as_ref().zip(other.probe.as_ref());
        probes.is_some_and(|(one, two)| one.same_secret(two))
    }

    pub(super) fn rsa(n: &[u8], e: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        let n = significant(n);
        check_rsa(n, significant(e))?;
        Self::parse(Family::Rsa, pinned, |algorithm| {
            Verifier::rsa(algorithm, n, significant(e))
        })
    }

    /// `point` is uncompressed: `04 ‖ x ‖ y`; its length tells the curve.
    pub(super) fn ec(point: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        let algorithm = match point.len() {
            65 => Algorithm::ES256,
            97 => Algorithm::ES384,
            133 => Algorithm::ES512,
            _ => return Err(SkipReason::UnsupportedCurve),
        };
        if pinned.is_some_and(|pinned| pinned != algorithm) {
            return Err(SkipReason::AlgorithmMismatch);
        }
        Self::parse(Family::Ec, Some(algorithm), |algorithm| {
            Verifier::ec(algorithm, point)
        })
    }

    pub(super) fn ed25519(public: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        if public.len() != 32 {
            return Err(SkipReason::WrongLength);
        }
        if has_small_order(public) {
            return Err(SkipReason::SmallOrder);
        }
        Self::parse(Family::Ed, pinned, |_| Verifier::ed25519(public))
    }

    /// Without `alg`, a secret is pinned to the strongest hash that it is long enough for.
    pub(super) fn octets(secret: &[u8], pinned: Option<Algorithm>) -> Result<Self, SkipReason> {
        let algorithm = pinned.unwrap_or(match secret.len() {
            64.. => Algorithm::HS512,
            48.. => Algorithm::HS384,
            _ => Algorithm::HS256,
        });
        check_secret(
            secret,
            shortest_secret(algorithm).ok_or(SkipReason::AlgorithmMismatch)?,
        )?;
        Self::hmac(secret, algorithm)
    }

    fn hmac(secret: &[u8], algorithm: Algorithm) -> Result<Self, SkipReason> {
        let probe = Verifier::hmac(Algorithm::HS256, secret).ok();
        let key = Self::parse(Family::Hmac, Some(algorithm), |algorithm| {
            Verifier::hmac(algorithm, secret)
        })?;
        Ok(Self { probe, ..key })
    }

    /// Parses a key for the algorithm that it is pinned to, else for each of its family that the backend has.
    fn parse(
        family: Family,
        pinned: Option<Algorithm>,
        verifier: impl Fn(Algorithm) -> Result<Verifier, KeyRejected>,
    ) -> Result<Self, SkipReason> {
        if pinned.is_some_and(|pinned| pinned.family() != family) {
            return Err(SkipReason::AlgorithmMismatch);
        }
        let fitting = |algorithm: &Algorithm| match pinned {
            Some(pinned) => *algorithm == pinned,
            None => algorithm.family() == family,
        };
        let verifiers: Vec<_> = Verifier::SUPPORTED
            .into_iter()
            .filter(fitting)
            .map(|algorithm| Ok((algorithm, verifier(algorithm)?)))
            .collect::<Result<_, KeyRejected>>()
            .map_err(|KeyRejected| SkipReason::InvalidKey)?;
        if verifiers.is_empty() {
            return Err(SkipReason::MissingImplementation);
        }
        Ok(Self {
            id: None,
            verifiers,
            probe: None,
        })
    }
}

/// Nothing of the key itself.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("key_id", &self.id)
            .field("algorithms", &self.algorithms())
            .finish_non_exhaustive()
    }
}

fn unsupported(algorithm: Algorithm) -> ConfigError {
    ConfigError::new(
        ConfigErrorKind::UnusableKey,
        format!("this build can't verify {algorithm}"),
    )
}
