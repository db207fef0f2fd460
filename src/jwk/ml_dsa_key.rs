//! ML-DSA keys as `SubjectPublicKeyInfo` (RFC 9881 §4).

use std::fmt;

use super::pem::{BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, element};
use super::{Key, SkipReason};
use crate::algorithm::Algorithm;

/// How the object identifiers of NIST's signatures start: 2.16.840.1.101.3.4.3.
const NIST_SIGNATURES: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];

/// Why such a key is not used. Displays as the end of a sentence that starts with "the key".
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// JOSE has no HashML-DSA (RFC 9964 §7.2).
    HashMlDsa,
    /// The structure is not that of RFC 9881.
    Malformed,
    Key(SkipReason),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HashMlDsa => {
                f.write_str("is a HashML-DSA key, which JWTs can't use: must be ML-DSA")
            }
            Self::Malformed => f.write_str("is not an ML-DSA key in the form of RFC 9881"),
            Self::Key(reason) => reason.fmt(f),
        }
    }
}

/// Reads a key in DER, if it says that it is one of ML-DSA or HashML-DSA.
pub(super) fn from_key_info(der: &[u8]) -> Option<Result<Key, Unusable>> {
    let (info, after) = element(SEQUENCE, der)?;
    let (identifier, key) = element(SEQUENCE, info)?;
    let (oid, parameters) = element(OBJECT_IDENTIFIER, identifier)?;
    let algorithm = match oid.strip_prefix(&NIST_SIGNATURES)? {
        [17] => Algorithm::MlDsa44,
        [18] => Algorithm::MlDsa65,
        [19] => Algorithm::MlDsa87,
        // HashML-DSA-44, -65 and -87 with SHA-512.
        [32..=34] => return Some(Err(Unusable::HashMlDsa)),
        _ => return None,
    };
    let is_whole = parameters.is_empty() && after.is_empty();
    Some(match element(BIT_STRING, key) {
        Some(([0, public @ ..], [])) if is_whole => {
            Key::ml_dsa(public, algorithm).map_err(Unusable::Key)
        }
        _ => Err(Unusable::Malformed),
    })
}
