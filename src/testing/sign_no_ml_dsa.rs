//! The test kit without ML-DSA.
#![allow(
    clippy::panic,
    reason = "for tests only: a test that needs another build must say so"
)]

use crate::algorithm::Algorithm;
use crate::crypto::NEEDS_FEATURE;

/// A private key, which can't be made.
pub(crate) struct MlDsaSigner(Algorithm);

impl MlDsaSigner {
    /// Panics, and names the feature that is needed.
    pub(crate) fn from_seed(algorithm: Algorithm, _: [u8; 32]) -> Self {
        Self(algorithm).lacking()
    }

    pub(crate) fn sign(&self, _: &[u8]) -> Vec<u8> {
        self.lacking()
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        self.lacking()
    }

    fn lacking<T>(&self) -> T {
        panic!("TestKey: {} {NEEDS_FEATURE}", self.0)
    }
}
