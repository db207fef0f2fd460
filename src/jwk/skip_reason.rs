//! The reasons why a key is not used.

use std::fmt;

use serde::{Serialize, Serializer};

use super::json_web_key::MAX_KEY_ID_LEN;
use super::secret_strength::MAX_SECRET_LEN;
use super::set_document::MAX_KEYS;

/// The maximum length of the name in [`SkipReason::UnsupportedAlgorithm`]. Registered names are
/// shorter, and the text comes from outside.
const MAX_NAME_LEN: usize = 32;

/// The reason why a key of a JWK set is not used.
///
/// Displays as the end of a sentence that starts with "the key", and serializes as that text.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{KeySet, SkipReason};
///
/// let set = KeySet::from_json(r#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kty":"RSA","kid":"encryption","use":"enc","n":"AQAB","e":"AQAB"}
/// ]}"#)?;
/// assert_eq!(set.skipped()[0].reason(), &SkipReason::NotForSignatures);
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// The JWK is not a JSON object, or a member has the wrong JSON type.
    Malformed,
    /// `use` is neither `sig` (RFC 7517 §4.2) nor, in a set, `jwt-svid`.
    NotForSignatures,
    /// `key_ops` lacks `verify` (RFC 7517 §4.3).
    NotForVerification,
    /// The JWK contains the private key or a part of it, which only the issuer may have.
    PrivateKey,
    /// The JWK is a shared secret in a set that was fetched.
    PublishedSecret,
    /// `alg` is not a supported signature algorithm. Contains its printable ASCII characters, at
    /// most 32.
    UnsupportedAlgorithm(String),
    /// The key has another type or curve than `alg` requires (RFC 7518 §3.1).
    AlgorithmMismatch,
    /// The key is an ML-DSA key, and the backend `rust-crypto` is built without feature `ml-dsa`.
    NotImplemented,
    /// `kty` is not RSA, EC, OKP, AKP or oct (RFC 7518 §6.1, RFC 8037 §2, RFC 9964 §3).
    UnknownKeyType,
    /// `crv` is absent, or not one that the key's type supports: P-256, P-384 or P-521 for EC,
    /// Ed25519 for OKP (RFC 7518 §6.2.1.1, RFC 8037 §2).
    UnsupportedCurve,
    /// The key's type requires a member, here named, that is absent.
    MissingMember(&'static str),
    /// A member, here named, is not base64url (RFC 7515 §2). In a set, padding is allowed.
    InvalidBase64(&'static str),
    /// A coordinate does not have the length that its curve requires (RFC 7518 §6.2.1.2, RFC 8032
    /// §5.1.5). In a set, leading zero bytes of an EC coordinate may be missing or additional.
    CoordinateLength,
    /// The ML-DSA key does not have the length that its algorithm requires (RFC 9964 §5).
    KeyLength {
        /// The length in bytes that `alg` requires.
        expected: usize,
    },
    /// The values do not form a key: for example, the point is not on the curve.
    InvalidKey,
    /// The Ed25519 key has small order: signatures can be forged without the private key.
    SmallOrder,
    /// The RSA key has fewer than 2048 bits (RFC 7518 §3.3).
    RsaTooSmall,
    /// The RSA key has more than 8192 bits.
    RsaTooLarge,
    /// The RSA modulus is even, or has another factor below 752 (NIST SP 800-89 §5.3.3): it is
    /// damaged, or its private key can be computed.
    RsaSmallFactor,
    /// The RSA exponent is even, below 3, or longer than 32 bits.
    RsaExponent,
    /// The secret is shorter than the output of its hash (RFC 7518 §3.2).
    SecretTooShort {
        /// The minimum length in bytes.
        min: usize,
    },
    /// The secret is longer than 64 KiB.
    SecretTooLong,
    /// The secret has fewer than 8 distinct byte values.
    SecretNotRandom,
    /// The secret is a block that is repeated, and the block is shorter than the output of its
    /// hash.
    SecretRepeats,
    /// The secret consists of sequences such as `1234`, `aaaa` or `qwerty`: it has fewer than 16
    /// other bytes.
    SecretIsSequence,
    /// The secret is a placeholder or a passphrase: it contains a word such as `secret`, `password`
    /// or `example` in its first 128 bytes, in any case, or has fewer than 16 bytes apart from
    /// frequent words and sequences, or is a text of three words or more, with separators between
    /// them (RFC 8725 §3.5).
    SecretIsPlaceholder,
    /// The secret is the text of a key: PEM, a JWK or a JWK set, or an SSH key.
    SecretIsKeyFile,
    /// The secret is a public key or a certificate in DER, or the uncompressed point of an EC key
    /// (CVE-2015-9235).
    SecretIsPublicKey,
    /// The secret is a JSON Web Token.
    SecretIsToken,
    /// The secret is a text in hex or base64, and the value that it encodes is guessable or known.
    #[non_exhaustive]
    SecretEncodesWeakValue {
        /// `hex` or `base64`, in any of its alphabets.
        encoding: &'static str,
        /// What is wrong with the value.
        reason: Box<Self>,
    },
    /// The key id is longer than 512 bytes.
    KeyIdTooLong,
    /// The set has more than 128 usable keys, and this one comes after them.
    TooManyKeys,
}

impl SkipReason {
    /// Returns the reason for an `alg` that is not supported.
    pub(super) fn unsupported_algorithm(name: &str) -> Self {
        let printable = name.chars().filter(char::is_ascii_graphic);
        Self::UnsupportedAlgorithm(printable.take(MAX_NAME_LEN).collect())
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "is not a JSON object with members of the right types",
            Self::NotForSignatures => "is not for signatures: its use is not sig",
            Self::NotForVerification => "is not for verification: its key_ops lack verify",
            Self::PrivateKey => "is a private key, which only the issuer may have",
            Self::PublishedSecret => "is a shared secret that was published",
            Self::UnsupportedAlgorithm(name) => {
                return write!(
                    f,
                    "has alg {name:?}, which is not a supported signature algorithm"
                );
            }
            Self::AlgorithmMismatch => "has an alg that does not fit its type or curve",
            Self::NotImplemented => {
                "is an ML-DSA key, which this build does not verify: enable feature `ml-dsa`, or \
                 `aws-lc-rs`"
            }
            Self::UnknownKeyType => "has an unknown type: its kty is not RSA, EC, OKP, AKP or oct",
            Self::UnsupportedCurve => {
                "has no curve that its type supports: P-256, P-384 or P-521 for EC, Ed25519 for OKP"
            }
            Self::MissingMember(name) => {
                return write!(f, "lacks {name}, which its type requires");
            }
            Self::InvalidBase64(name) => {
                return write!(f, "has a member {name} that is not base64url");
            }
            Self::CoordinateLength => "has a coordinate of the wrong length for its curve",
            Self::KeyLength { expected } => {
                return write!(
                    f,
                    "has the wrong length for its alg: must be {expected} bytes"
                );
            }
            Self::InvalidKey => "has values that do not form a key",
            Self::SmallOrder => {
                "is an Ed25519 key of small order, for which signatures can be forged"
            }
            Self::RsaTooSmall => "is an RSA key of fewer than 2048 bits",
            Self::RsaTooLarge => "is an RSA key of more than 8192 bits",
            Self::RsaSmallFactor => "is an RSA key whose modulus has a factor below 752",
            Self::RsaExponent => "has an RSA exponent that is even, below 3 or longer than 32 bits",
            Self::SecretTooShort { min } => {
                return write!(
                    f,
                    "is shorter than {min} bytes: use at least that many random bytes"
                );
            }
            Self::SecretTooLong => {
                return write!(
                    f,
                    "is longer than {MAX_SECRET_LEN} bytes: use as many random bytes as its hash has"
                );
            }
            Self::SecretNotRandom => "has fewer than 8 distinct byte values: use random bytes",
            Self::SecretRepeats => "repeats a short block: use random bytes",
            Self::SecretIsSequence => {
                "consists of sequences, such as 1234 or qwerty: use random bytes"
            }
            Self::SecretIsPlaceholder => {
                "contains a word of placeholders, such as secret or password, or consists of words: \
                 use random bytes"
            }
            Self::SecretIsToken => "is a JSON Web Token: use random bytes",
            Self::SecretEncodesWeakValue { encoding, reason } => {
                return write!(f, "is {encoding} of a value that {reason}");
            }
            Self::SecretIsKeyFile => {
                "is the text of a key in PEM, JWK or SSH form: use Key::from_pem or Key::from_jwk"
            }
            Self::SecretIsPublicKey => {
                "is a public key or a certificate, with which everyone could sign: use \
                 Key::from_pem or Key::from_der"
            }
            Self::KeyIdTooLong => {
                return write!(f, "has a key id of more than {MAX_KEY_ID_LEN} bytes");
            }
            Self::TooManyKeys => {
                return write!(f, "comes after the first {MAX_KEYS} usable keys of the set");
            }
        })
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_is_named_up_to_32_printable_characters() {
        let reason = SkipReason::unsupported_algorithm("RSA-OAEP");
        assert_eq!(
            reason.to_string(),
            r#"has alg "RSA-OAEP", which is not a supported signature algorithm"#
        );
        let hostile = format!("a\n\u{1b}[31m\u{fc}{}", "b".repeat(100));
        let SkipReason::UnsupportedAlgorithm(name) = SkipReason::unsupported_algorithm(&hostile)
        else {
            panic!("another reason")
        };
        assert_eq!(name, format!("a[31m{}", "b".repeat(27)));
    }

    #[test]
    fn a_reason_serializes_as_its_text() {
        assert_eq!(
            serde_json::to_string(&SkipReason::SecretTooShort { min: 32 }).unwrap(),
            r#""is shorter than 32 bytes: use at least that many random bytes""#
        );
    }
}
