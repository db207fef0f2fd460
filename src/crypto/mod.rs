//! Signature verification: the only module that verifies signatures with a cryptographic library.
//!
//! `lib.rs` chooses the backend. Both backends have the same `Verifier`: one key, parsed once, for
//! one algorithm; and the same hashes.

use std::hash::{BuildHasher as _, RandomState};
use std::hint::black_box;

use crate::algorithm::{Algorithm, Family};
pub(crate) use crate::backend::{Verifier, fill_random, hmac_sha256, sha256};

/// What is said about an algorithm that [this build lacks](Algorithm::is_supported).
pub(crate) const NEEDS_FEATURE: &str = "is not verified by this build of tower-jwt-auth with \
    rust-crypto: enable its feature `ml-dsa`, or use `aws-lc-rs`";

impl Algorithm {
    /// Returns whether this build verifies the algorithm. False for ML-DSA with backend
    /// `rust-crypto` and without feature `ml-dsa`, and true for all others.
    #[must_use]
    pub const fn is_supported(self) -> bool {
        Verifier::HAS_ML_DSA || !matches!(self.family(), Family::MlDsa)
    }
}

/// The backend rejects the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRejected;

/// The random source of the operating system fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RandomSourceFailed;

/// Returns random bytes from the backend. If its random source fails: std's keyed hash, whose key
/// comes from the operating system's random source, of four different numbers.
pub(crate) fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    if fill_random(&mut key).is_ok() {
        return key;
    }
    let state = RandomState::new();
    for (index, bytes) in key.chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&state.hash_one(index).to_be_bytes());
    }
    key
}

/// Returns the first half of the HMAC-SHA-256 of a message that is given in parts.
pub(crate) fn keyed_digest(key: &[u8], message: [&[u8]; 3]) -> [u8; 16] {
    let tag = hmac_sha256(key, &message);
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(tag) {
        *to = from;
    }
    half
}

/// Returns whether two authentication tags are equal. The time depends on their length only.
pub(crate) fn is_same_tag<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    is_same(one, other)
}

/// Returns whether two secrets are equal. The time depends on their lengths only.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let differences = one.iter().zip(other).map(|(one, other)| one ^ other);
    // Without the black box, the compiler could stop at the first difference.
    black_box(differences.fold(0, |all, bits| black_box(all | bits))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-2, appendix B.1 and B.2.
    #[test]
    fn the_hash_is_that_of_all_parts() {
        let hex = |hash: [u8; 32]| hash.map(|byte| format!("{byte:02x}")).concat();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(sha256(&[b"abc"])), abc);
        assert_eq!(hex(sha256(&[b"a", b"", b"bc"])), abc);
        let long = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
        let parts: [&[u8]; 2] = [
            b"abcdbcdecdefdefgefghfghighij",
            b"hijkijkljklmklmnlmnomnopnopq",
        ];
        assert_eq!(hex(sha256(&parts)), long);
        assert_eq!(sha256(&[]), sha256(&[b""]));
    }

    #[test]
    fn tags_that_differ_in_one_bit_are_not_the_same() {
        let tag = [7; 16];
        assert!(is_same_tag(&tag, &tag));
        for bit in 0..128 {
            let other = (u128::from_be_bytes(tag) ^ 1 << bit).to_be_bytes();
            assert!(!is_same_tag(&tag, &other), "{bit}");
        }
    }

    #[test]
    fn random_keys_differ() {
        assert_ne!(random_key(), random_key());
    }

    // RFC 4231 §4.2 and §4.7, whose key is longer than a block. Zeros at the end of a shorter key
    // don't change the tag (RFC 2104 §2).
    #[test]
    fn the_keyed_digest_is_half_of_an_hmac_sha256_of_the_whole_message() {
        let digest = |key: &[u8], message| u128::from_be_bytes(keyed_digest(key, message));
        let short = 0xb034_4c61_d8db_3853_5ca8_afce_af0b_f12b;
        assert_eq!(digest(&[0x0b; 20], [b"Hi ", b"", b"There"]), short);
        let padded = [[0x0b; 20], [0; 20]].concat();
        assert_eq!(digest(&padded, [b"", b"", b"Hi There"]), short);
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let long = 0x60e4_3159_1ee0_b67f_0d8a_26aa_cbf5_b77f;
        assert_eq!(digest(&[0xaa; 131], [b"", message, b""]), long);
    }
}
