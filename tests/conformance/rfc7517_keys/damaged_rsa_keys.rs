//! Requirement 12: RSA keys whose private key can be computed (NIST SP 800-89 §5.3.3), or is there
//! in part (RFC 7518 §6.3.2).

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, Key, KeySet, SkipReason};

use crate::support::{decode, default_key, encode, key};

fn rsa_key() -> &'static TestKey {
    key(Algorithm::RS256)
}

/// Returns an odd modulus of 2048 bits that has this odd factor.
fn modulus_with(factor: u32) -> Vec<u8> {
    let mut n = decode(rsa_key().jwk()["n"].as_str().unwrap());
    loop {
        let remainder = n
            .iter()
            .fold(0, |rest, byte| ((rest << 8) | u32::from(*byte)) % factor);
        if remainder == 0 {
            return n;
        }
        // The last bytes go through all odd numbers, until one is a multiple.
        let end = n.len() - 2;
        let last = u16::from_be_bytes([n[end], n[end + 1]]).wrapping_add(2);
        n[end..].copy_from_slice(&last.to_be_bytes());
    }
}

fn jwk(n: &[u8]) -> Value {
    json!({"kty": "RSA", "alg": "RS256", "n": encode(n), "e": "AQAB"})
}

fn assert_skipped(jwk: &Value, reason: &SkipReason) {
    let error = Key::from_jwk(&jwk.to_string()).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::UnusableKey);
    assert_eq!(error.to_string(), format!("the key {reason}"));
    let set = json!({"keys": [jwk, default_key().jwk()]}).to_string();
    let set = KeySet::from_json(&set).unwrap();
    assert_eq!(set.keys().count(), 1);
    assert_eq!(set.skipped()[0].reason(), reason);
}

#[test]
fn a_modulus_that_is_even_or_has_another_small_factor_is_rejected() {
    let mut even = decode(rsa_key().jwk()["n"].as_str().unwrap());
    *even.last_mut().unwrap() &= !1;
    assert_skipped(&jwk(&even), &SkipReason::RsaSmallFactor);
    for factor in [3, 5, 7, 11, 13, 101, 257, 743, 751] {
        assert_skipped(&jwk(&modulus_with(factor)), &SkipReason::RsaSmallFactor);
    }
    assert!(Key::from_jwk(&rsa_key().jwk().to_string()).is_ok());
}

#[test]
fn a_jwk_with_any_part_of_the_private_key_is_rejected() {
    for part in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        let mut jwk = rsa_key().jwk();
        jwk[part] = json!(encode([7; 128]));
        assert_skipped(&jwk, &SkipReason::PrivateKey);
    }
}
