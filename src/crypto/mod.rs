//! Signature verification: the only module that verifies signatures with a cryptographic library.
//!
//! `lib.rs` chooses the backend. Both backends have the same `Verifier`: one key, parsed once, for
//! one algorithm; and the same keyed hash.

pub(crate) use crate::backend::{Verifier, keyed_digest};

/// The backend rejects the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRejected;

#[cfg(test)]
mod tests {
    use super::keyed_digest;

    // RFC 4231 §4.2. Its key has 20 bytes, which zeros don't change (RFC 2104 §2).
    #[test]
    fn the_keyed_digest_is_half_of_an_hmac_sha256_of_the_whole_message() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let digest = keyed_digest(&key, [b"Hi ", b"", b"There"]);
        let expected = 0xb034_4c61_d8db_3853_5ca8_afce_af0b_f12b_u128;
        assert_eq!(u128::from_be_bytes(digest), expected);
    }
}
