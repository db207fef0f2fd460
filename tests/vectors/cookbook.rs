//! The JOSE cookbook: every signature of it, with its key.

use serde_json::Value;
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Key, KeySet};

/// The cookbook gives private keys; only their public part belongs here.
fn public(key: &Value) -> KeySet {
    let mut key = key.clone();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        key.as_object_mut().unwrap().remove(member);
    }
    Key::jwk(&key.to_string()).unwrap().into()
}

fn check(file: &str, expected: bool) {
    let Some(example) = crate::read(file) else { return };
    let jws = example["output"]["compact"].as_str().unwrap();
    let keys = public(&example["input"]["key"]);
    assert_eq!(is_signed(jws, &keys), expected, "{file}");
    let broken = format!("{}A{}", &jws[..jws.len() - 4], &jws[jws.len() - 3..]);
    assert!(broken == jws || !is_signed(&broken, &keys), "{file}: a changed signature");
}

#[test]
fn the_signatures_of_rfc_7520_are_good() {
    for name in
        ["4_1.rsa_v15_signature", "4_2.rsa-pss_signature", "4_3.ecdsa_signature", "4_4.hmac-sha2_integrity_protection"]
    {
        check(&format!("cookbook/jws/{name}.json"), true);
    }
}

#[test]
fn the_signature_of_rfc_8037_is_good() {
    check("cookbook/curve25519/jws.json", true);
}

#[test]
fn a_detached_payload_is_no_token() {
    let Some(example) = crate::read("cookbook/jws/4_5.signature_with_detached_content.json") else { return };
    let keys = public(&example["input"]["key"]);
    assert!(!is_signed(example["output"]["compact"].as_str().unwrap(), &keys));
}

#[test]
fn the_keys_of_rfc_7520_are_read() {
    for (name, usable) in [
        ("3_1.ec_public_key", true),
        ("3_3.rsa_public_key", true),
        ("3_5.symmetric_key_mac_computation", true),
        ("3_6.symmetric_key_encryption", false),
        ("3_2.ec_private_key", false),
        ("3_4.rsa_private_key", false),
    ] {
        let Some(key) = crate::read(&format!("cookbook/jwk/{name}.json")) else { return };
        assert_eq!(Key::jwk(&key.to_string()).is_ok(), usable, "{name}");
    }
}
