//! ML-DSA without feature `ml-dsa`: no key can be parsed.

use crate::algorithm::Algorithm;
use crate::crypto::KeyRejected;

/// A public key, of which there are none.
pub(crate) enum MlDsaKey {}

impl MlDsaKey {
    pub(crate) const IS_AVAILABLE: bool = false;

    /// Rejects every key.
    pub(crate) fn parse(_: Algorithm, _: &[u8]) -> Result<Self, KeyRejected> {
        Err(KeyRejected)
    }

    pub(crate) fn verify(&self, _: &[u8], _: &[u8]) -> bool {
        match *self {}
    }
}
