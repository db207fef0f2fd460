//! Signature algorithms, and sets of them.

mod set;

use std::fmt;
use std::str::FromStr;

pub use set::{AlgorithmSet, AlgorithmSetIter};

/// A JWS signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2, RFC 9964 §5).
///
/// Does not include `none`. Parses from its name in `alg`, which is case-sensitive.
///
/// ML-DSA, the post-quantum signature of FIPS 204, is off by default: an issuer may use it only if
/// [`Issuer::algorithms`](crate::Issuer::algorithms) lists it, and a DPoP proof only if
/// [`Dpop::algorithms`](crate::Dpop::algorithms) does.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::Algorithm;
///
/// assert_eq!("ES256".parse::<Algorithm>()?, Algorithm::ES256);
/// // Both names are those of one algorithm.
/// assert_eq!("EdDSA".parse::<Algorithm>()?, "Ed25519".parse::<Algorithm>()?);
/// assert!("none".parse::<Algorithm>().is_err());
/// # Ok::<(), tower_jwt_auth::ParseAlgorithmError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256.
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA over P-256 with SHA-256.
    ES256,
    /// ECDSA over P-384 with SHA-384.
    ES384,
    /// ECDSA over P-521 with SHA-512.
    ES512,
    /// Ed25519 (RFC 8032), named `EdDSA` (RFC 8037) or `Ed25519` (RFC 9864).
    Ed25519,
    /// ML-DSA-44 (FIPS 204), of security category 2. Its signatures have 2420 bytes.
    MlDsa44,
    /// ML-DSA-65 (FIPS 204), of security category 3. Its signatures have 3309 bytes.
    MlDsa65,
    /// ML-DSA-87 (FIPS 204), of security category 5. Its signatures have 4627 bytes.
    MlDsa87,
}

/// The type of key that an algorithm requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Hmac,
    Rsa,
    Ec,
    Ed,
    MlDsa,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 16] = [
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::Ed25519,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
    ];

    /// Returns all algorithms, symmetric ones first, whether this build
    /// [verifies](Self::is_supported) them or not.
    #[must_use]
    pub fn all() -> AlgorithmSetIter {
        Self::ALL.into_iter().collect::<AlgorithmSet>().into_iter()
    }

    /// Returns the name as in the `alg` of a token's header. For Ed25519 that is `Ed25519` (RFC
    /// 9864).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::Ed25519 => "Ed25519",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
        }
    }

    /// Returns whether signing and verifying need the same secret (HMAC).
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self.family(), Family::Hmac)
    }

    pub(crate) const fn family(self) -> Family {
        match self {
            Self::HS256 | Self::HS384 | Self::HS512 => Family::Hmac,
            Self::ES256 | Self::ES384 | Self::ES512 => Family::Ec,
            Self::Ed25519 => Family::Ed,
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => Family::MlDsa,
            _ => Family::Rsa,
        }
    }

    /// Returns the lengths in bytes of a public key and of a signature of ML-DSA (FIPS 204 §4,
    /// table 2), and `None` for the other algorithms.
    pub(crate) const fn ml_dsa_lens(self) -> Option<(usize, usize)> {
        match self {
            Self::MlDsa44 => Some((1312, 2420)),
            Self::MlDsa65 => Some((1952, 3309)),
            Self::MlDsa87 => Some((2592, 4627)),
            _ => None,
        }
    }

    /// Returns the algorithm of that name in `alg`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        if name == "EdDSA" {
            return Some(Self::Ed25519);
        }
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    #[expect(
        clippy::as_conversions,
        reason = "a discriminant below 16: the enum has 16 variants without fields"
    )]
    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = ParseAlgorithmError;

    fn from_str(name: &str) -> Result<Self, ParseAlgorithmError> {
        Self::from_name(name).ok_or(ParseAlgorithmError(()))
    }
}

/// The error of parsing an [`Algorithm`] from a name that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseAlgorithmError(());

impl fmt::Display for ParseAlgorithmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of a supported signature algorithm (names are case-sensitive)")
    }
}

impl std::error::Error for ParseAlgorithmError {}
