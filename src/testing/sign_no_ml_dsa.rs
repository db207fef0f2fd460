//! The test kit without ML-DSA.
#![allow(
    clippy::panic,
    reason = "for tests only: a test that needs another build must say so"
)]

use crate::algorithm::Algorithm;
use crate::crypto::NEEDS_FEATURE;

/// A private key, of which there are none.
pub(crate) enum MlDsaSigner {}

impl MlDsaSigner {
    pub(crate) fn from_seed(algorithm: Algorithm, _: [u8; 32]) -> Self {
        panic!("TestKey: {algorithm} {NEEDS_FEATURE}")
    }

    pub(crate) fn sign(&self, _: &[u8]) -> Vec<u8> {
        match *self {}
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        match *self {}
    }
}
