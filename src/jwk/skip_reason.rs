//! Why a key is not used.

use std::fmt;

use serde::{Serialize, Serializer};

/// The maximum length of an algorithm's name in [`SkipReason::UnsupportedAlgorithm`]: registered names
/// are shorter, and the text comes from the issuer.
const MAX_NAME_LEN: usize = 32;

/// Why a key of a JWK set is skipped.
///
/// Displayed as the end of a sentence that starts with "the key". Serializes as that text.
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
    /// It is not a JSON object, or a member has the wrong type.
    Malformed,
    /// `use` is not `sig` (RFC 7517 §4.2).
    NotForSignatures,
    /// `key_ops` lacks `verify` (RFC 7517 §4.3).
    NotForVerification,
    /// It contains a private key, which only the issuer may have.
    PrivateKey,
    /// It is a shared secret in a fetched set: everybody can read it.
    PublishedSecret,
    /// `alg` is not a supported signature algorithm.
    UnsupportedAlgorithm(String),
    /// `alg` does not fit the type of the key.
    AlgorithmMismatch,
    /// This build has no implementation of the key's algorithm.
    MissingImplementation,
    /// `kty` is not known (RFC 7518 §6.1).
    UnknownType,
    /// The curve is not supported.
    UnsupportedCurve,
    /// A member that the type of the key requires is absent.
    MissingMember,
    /// A member is not base64url (RFC 7515 §2).
    InvalidBase64,
    /// The coordinates do not have the length of the curve's field (RFC 7518 §6.2.1.2).
    WrongLength,
    /// The values are not a key: for one, the point is not on the curve.
    InvalidKey,
    /// It is an Ed25519 key of small order: anybody can sign for it.
    SmallOrder,
    /// It is an RSA key of fewer than 2048 or more than 8192 bits (RFC 7518 §3.3).
    RsaSize,
    /// The RSA exponent is even, below 3, or longer than 32 bits.
    RsaExponent,
    /// The secret is shorter than the output of its hash, in bytes (RFC 7518 §3.2).
    SecretTooShort {
        /// The minimum length in bytes.
        min: usize,
    },
    /// The secret has fewer than 8 distinct bytes.
    SecretNotRandom,
    /// The secret is a public key, which everybody can read (CVE-2015-9235).
    SecretIsPublicKey,
    /// The key id is longer than 512 bytes.
    KeyIdTooLong,
    /// The set has more keys than are used.
    TooManyKeys,
}

impl SkipReason {
    /// Returns the reason for an `alg` that is not supported. The name comes from outside: it is cut,
    /// and only printable ASCII is kept.
    pub(super) fn unsupported_algorithm(name: &str) -> Self {
        let printable = name.chars().filter(char::is_ascii_graphic);
        Self::UnsupportedAlgorithm(printable.take(MAX_NAME_LEN).collect())
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "is not a JSON object with members of the right types",
            Self::NotForSignatures => "is not for signatures (use)",
            Self::NotForVerification => "is not for verification (key_ops)",
            Self::PrivateKey => "is a private key, which only the issuer may have",
            Self::PublishedSecret => "is a secret that was published",
            Self::UnsupportedAlgorithm(name) => {
                return write!(
                    f,
                    "has an algorithm that is not a supported signature algorithm: {name}"
                );
            }
            Self::AlgorithmMismatch => "has an algorithm that does not fit its type",
            Self::MissingImplementation => "has an algorithm that this build does not implement",
            Self::UnknownType => "has an unknown type (kty)",
            Self::UnsupportedCurve => "is on an unsupported curve",
            Self::MissingMember => "lacks a member that its type requires",
            Self::InvalidBase64 => "has a member that is not base64url",
            Self::WrongLength => "has a value of the wrong length",
            Self::InvalidKey => "has values that are not a key",
            Self::SmallOrder => "is an Ed25519 key of small order, for which anybody can sign",
            Self::RsaSize => "is an RSA key of fewer than 2048 or more than 8192 bits",
            Self::RsaExponent => "has an RSA exponent that is even, below 3 or longer than 32 bits",
            Self::SecretTooShort { min } => return write!(f, "is shorter than {min} bytes"),
            Self::SecretNotRandom => "has fewer than 8 distinct bytes; use random ones",
            Self::SecretIsPublicKey => "is a public key, which everybody can read",
            Self::KeyIdTooLong => "has a key id of more than 512 bytes",
            Self::TooManyKeys => "comes after the maximum number of keys",
        })
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
