//! Shared secrets, as configurations hold them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::SecretEncoding;
use super::key::not_hmac;
use super::key_material::without_padding;
use super::secret_strength::{check_secret, min_secret_len};
use crate::algorithm::Algorithm;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::{fill_random, hmac_sha256, is_same};

/// The minimum length in bytes of the key of a fingerprint.
const MIN_FINGERPRINT_KEY_LEN: usize = 32;

/// A shared secret: bytes that are wiped when the last clone is dropped.
///
/// `Debug` shows nothing of it, not even its length. Clones share the bytes. Two secrets are
/// compared in a time that depends on their lengths only. A secret may be weak:
/// [`Key::from_secret`](crate::Key::from_secret) rejects it then.
///
/// Note: copies that the operating system makes, in swap and core dumps, are not wiped. To keep
/// them from being made, use `mlockall` or a system without swap, and disable core dumps.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Algorithm, Key, Secret, SecretEncoding};
///
/// let secret = Secret::generate(Algorithm::HS256)?;
/// let text = secret.to_base64url();
/// assert!(secret == Secret::decode(&*text, SecretEncoding::Base64url)?);
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// let key = Key::from_secret(Algorithm::HS256, &secret)?;
/// # drop(key);
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<Vec<u8>>>);

impl Secret {
    /// Returns the secret with these bytes. A `Vec<u8>` or `String` is not copied, and is wiped
    /// when the last clone of the secret is dropped.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self::from(Zeroizing::new(bytes.into()))
    }

    /// Returns the secret that a text encodes. The text is not wiped: the caller should do that.
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::InvalidSetting`] if the text is not in that encoding, for example because
    /// it contains white space or a line end. [`SecretEncoding::Raw`] accepts every text.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Secret, SecretEncoding};
    ///
    /// let secret = Secret::decode("0f1e2d", SecretEncoding::Hex)?;
    /// assert!(secret == Secret::new([0x0f, 0x1e, 0x2d]));
    /// # Ok::<(), tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn decode(text: impl AsRef<[u8]>, encoding: SecretEncoding) -> Result<Self, ConfigError> {
        let bytes = encoding.decode(text.as_ref());
        bytes.map(Self::from).ok_or_else(|| {
            ConfigError::invalid_setting(format!(
                "the secret is not {}: must have its symbols only, without white space",
                encoding.name()
            ))
        })
    }

    /// Returns a random secret from the random source of the operating system. It is as long as the
    /// output of the algorithm's hash: 32 bytes for HS256, 48 for HS384, 64 for HS512 (RFC 7518
    /// §3.2).
    ///
    /// # Errors
    ///
    /// - [`ConfigErrorKind::InvalidSetting`] if the algorithm is not HMAC.
    /// - [`ConfigErrorKind::UnusableKey`] if the random source fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, ConfigError> {
        let len = min_secret_len(algorithm).ok_or_else(|| not_hmac(algorithm))?;
        loop {
            let mut bytes = Zeroizing::new(vec![0; len]);
            fill_random(&mut bytes).map_err(|_| {
                let message = "the random source of the operating system fails";
                ConfigError::new(ConfigErrorKind::UnusableKey, message)
            })?;
            let secret = Self::from(bytes);
            // Practically always true the first time. Its text may also be used raw.
            let text = secret.to_base64url();
            if [secret.as_ref(), text.as_bytes()]
                .into_iter()
                .all(|bytes| check_secret(bytes, len).is_ok())
            {
                return Ok(secret);
            }
        }
    }

    /// Returns the secret in base64url (RFC 4648 §5) without padding, to store it or print it once.
    /// The text is wiped when it is dropped.
    #[must_use]
    pub fn to_base64url(&self) -> impl Deref<Target = str> + use<> {
        let mut text = Zeroizing::new(String::new());
        // Does not grow, which would leave copies that are not wiped.
        text.reserve_exact(base64::encoded_len(self.0.len(), false).unwrap_or(0));
        URL_SAFE_NO_PAD.encode_string(&**self.0, &mut text);
        EncodedSecret(text)
    }

    /// Returns a fingerprint of the secret: 32 hexadecimal digits, the first half of an
    /// HMAC-SHA-256 of the secret with `key`. Compare fingerprints to find out whether two services
    /// or environments have the same secret, without showing it.
    ///
    /// Fingerprints with the same key are equal if the secrets are equal, or differ only in zero
    /// bytes at their end, which HMAC ignores. Keep the key secret: with it, guesses can be
    /// tested.
    ///
    /// # Errors
    ///
    /// [`ConfigErrorKind::WeakSecret`] if `key` is too weak to be a secret for HS256: it must have
    /// at least 32 bytes that can't be guessed.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Algorithm, Secret};
    ///
    /// let key = Secret::generate(Algorithm::HS256)?;
    /// let (production, staging) =
    ///     (Secret::generate(Algorithm::HS256)?, Secret::generate(Algorithm::HS256)?);
    /// assert_ne!(production.fingerprint(&key)?, staging.fingerprint(&key)?);
    /// # Ok::<(), tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn fingerprint(&self, key: &Self) -> Result<String, ConfigError> {
        check_secret(key.as_ref(), MIN_FINGERPRINT_KEY_LEN).map_err(|reason| {
            let message = format!("the key of the fingerprint {reason}");
            ConfigError::new(ConfigErrorKind::WeakSecret, message)
        })?;
        let secret = without_padding(&self.0);
        let tag = hmac_sha256(key.as_ref(), &[b"tower-jwt-auth: fingerprint", secret]);
        let half = tag
            .first_chunk()
            .map_or(0, |half| u128::from_be_bytes(*half));
        Ok(format!("{half:032x}"))
    }
}

/// The text of a secret. Shows nothing of it by itself.
struct EncodedSecret(Zeroizing<String>);

impl Deref for EncodedSecret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Zeroizing<Vec<u8>>> for Secret {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(Arc::new(bytes))
    }
}

/// Returns the bytes, to sign with them. Do not print them.
impl AsRef<[u8]> for Secret {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Compares in a time that depends on the lengths only.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        is_same(&self.0, &other.0)
    }
}

impl Eq for Secret {}

/// Shows nothing of the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_secret_is_as_long_as_the_hash_and_differs_each_time() {
        for (algorithm, len) in [
            (Algorithm::HS256, 32),
            (Algorithm::HS384, 48),
            (Algorithm::HS512, 64),
        ] {
            let secrets = [(); 2].map(|()| Secret::generate(algorithm).unwrap());
            assert_eq!(secrets.each_ref().map(|secret| secret.0.len()), [len; 2]);
            assert!(secrets[0] != secrets[1]);
        }
        let error = Secret::generate(Algorithm::ES256).unwrap_err();
        assert_eq!(
            error.to_string(),
            "algorithm ES256: must be HS256, HS384 or HS512 for a shared secret"
        );
    }

    #[test]
    fn a_clone_shares_the_bytes() {
        let secret = Secret::new("0123");
        let bytes = |secret: &Secret| secret.as_ref().as_ptr();
        assert_eq!(bytes(&secret.clone()), bytes(&secret));
    }

    #[test]
    fn secrets_are_equal_if_all_bytes_are() {
        let secret = |text: &str| Secret::new(text);
        assert!(secret("abc") == secret("abc"));
        for other in ["", "ab", "abd", "bbc", "abcd", "abc\0"] {
            assert!(secret("abc") != secret(other), "{other}");
        }
    }

    #[test]
    fn a_fingerprint_depends_on_secret_and_key_and_not_on_padding() {
        let [one, two, key, other_key] =
            [(); 4].map(|()| Secret::generate(Algorithm::HS256).unwrap());
        let fingerprint = one.fingerprint(&key).unwrap();
        assert_eq!(fingerprint.len(), 32);
        assert_eq!(one.clone().fingerprint(&key).unwrap(), fingerprint);
        assert_ne!(two.fingerprint(&key).unwrap(), fingerprint);
        assert_ne!(one.fingerprint(&other_key).unwrap(), fingerprint);
        let padded = Secret::new([one.as_ref(), &[0, 0]].concat());
        assert_eq!(padded.fingerprint(&key).unwrap(), fingerprint);
        let error = one.fingerprint(&Secret::new("short")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the key of the fingerprint is shorter than 32 bytes: use at least that many random \
             bytes"
        );
    }
}
