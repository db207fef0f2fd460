//! ML-DSA signatures of the test kit, by the crate `ml-dsa` of `RustCrypto`.
#![allow(
    clippy::unreachable,
    reason = "for tests only: keys fit their algorithms"
)]

use ml_dsa::{KeyExport as _, Keypair as _, MlDsa44, MlDsa65, MlDsa87, Signature, SigningKey};

use crate::algorithm::Algorithm;
use crate::signing::fixed;

/// A private key. It signs deterministically (FIPS 204 §3.4).
pub(crate) enum MlDsaSigner {
    Key44(SigningKey<MlDsa44>),
    Key65(SigningKey<MlDsa65>),
    Key87(SigningKey<MlDsa87>),
}

impl MlDsaSigner {
    /// Returns the key of a seed (RFC 9964 §4).
    pub(crate) fn from_seed(algorithm: Algorithm, seed: [u8; 32]) -> Self {
        let seed = seed.into();
        match algorithm {
            Algorithm::MlDsa44 => Self::Key44(SigningKey::from_seed(&seed)),
            Algorithm::MlDsa65 => Self::Key65(SigningKey::from_seed(&seed)),
            Algorithm::MlDsa87 => Self::Key87(SigningKey::from_seed(&seed)),
            other => unreachable!("{other} is not ML-DSA"),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Key44(key) => fixed::<Signature<MlDsa44>>(key, message),
            Self::Key65(key) => fixed::<Signature<MlDsa65>>(key, message),
            Self::Key87(key) => fixed::<Signature<MlDsa87>>(key, message),
        }
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        match self {
            Self::Key44(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Key65(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Key87(key) => key.verifying_key().to_bytes().to_vec(),
        }
    }
}
