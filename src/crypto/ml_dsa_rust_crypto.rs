//! ML-DSA by the crate `ml-dsa` of `RustCrypto`.

use ml_dsa::{EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature};

use crate::algorithm::Algorithm;
use crate::backend::is_signature;
use crate::crypto::KeyRejected;

/// A public key. The matrix that it expands to, of up to 56 KiB, is on the heap.
pub(crate) enum MlDsaKey {
    Key44(ml_dsa::VerifyingKey<MlDsa44>),
    Key65(ml_dsa::VerifyingKey<MlDsa65>),
    Key87(ml_dsa::VerifyingKey<MlDsa87>),
}

impl MlDsaKey {
    pub(crate) const IS_AVAILABLE: bool = true;

    /// Parses a key, which is its encoding in FIPS 204 §7.2. Every text of the right length is one.
    pub(crate) fn parse(algorithm: Algorithm, public: &[u8]) -> Result<Self, KeyRejected> {
        match algorithm {
            Algorithm::MlDsa44 => decode(public).map(Self::Key44),
            Algorithm::MlDsa65 => decode(public).map(Self::Key65),
            Algorithm::MlDsa87 => decode(public).map(Self::Key87),
            _ => Err(KeyRejected),
        }
    }

    /// Returns whether this key made the signature, with an empty context (RFC 9964 §5).
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Key44(key) => is_signature::<Signature<MlDsa44>>(key, message, signature),
            Self::Key65(key) => is_signature::<Signature<MlDsa65>>(key, message, signature),
            Self::Key87(key) => is_signature::<Signature<MlDsa87>>(key, message, signature),
        }
    }
}

fn decode<P: MlDsaParams>(public: &[u8]) -> Result<ml_dsa::VerifyingKey<P>, KeyRejected> {
    let encoded = EncodedVerifyingKey::<P>::try_from(public).map_err(|_| KeyRejected)?;
    Ok(ml_dsa::VerifyingKey::decode(&encoded))
}
