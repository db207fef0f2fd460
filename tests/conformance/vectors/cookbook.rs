//! All files of the JOSE cookbook: tokens, keys, and examples that are rejected, with the reason.

use serde_json::Value;
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Key, KeySet};

const SIGNED: [&str; 5] = [
    "jws/4_1.rsa_v15_signature",
    "jws/4_2.rsa-pss_signature",
    "jws/4_3.ecdsa_signature",
    "jws/4_4.hmac-sha2_integrity_protection",
    "curve25519/jws",
];
/// The keys, and whether a verifier can use them.
const KEYS: [(&str, bool); 6] = [
    ("jwk/3_1.ec_public_key", true),
    ("jwk/3_3.rsa_public_key", true),
    ("jwk/3_5.symmetric_key_mac_computation", true),
    ("jwk/3_6.symmetric_key_encryption", false),
    ("jwk/3_2.ec_private_key", false),
    ("jwk/3_4.rsa_private_key", false),
];
/// The examples that are not signed tokens in compact form, as JWTs are (RFC 7519 §3): the reason,
/// and the number of dots in the compact form.
const REJECTED: [(&str, &str, Option<usize>); 5] = [
    (
        "jws/4_5.signature_with_detached_content",
        "the payload is detached",
        Some(2),
    ),
    (
        "jws/4_6.protecting_specific_header_fields",
        "JSON only: a part of the header is not signed",
        None,
    ),
    (
        "jws/4_7.protecting_content_only",
        "JSON only: no part of the header is signed",
        None,
    ),
    (
        "jws/4_8.multiple_signatures",
        "JSON only: one payload and three signatures",
        None,
    ),
    ("curve25519/ecdh-es", "encrypted, not signed", Some(4)),
];

fn path(name: &str) -> String {
    format!("cookbook/{name}.json")
}

/// Returns all files that are tested here.
pub(crate) fn files() -> impl Iterator<Item = String> {
    SIGNED
        .into_iter()
        .chain(KEYS.map(|(name, _)| name))
        .chain(REJECTED.map(|(name, ..)| name))
        .map(path)
}

/// Returns the public part of a key. The cookbook contains private keys.
fn public(key: &Value) -> Option<KeySet> {
    let mut key = key.clone();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        key.as_object_mut().unwrap().remove(member);
    }
    Key::from_jwk(&key.to_string()).ok().map(KeySet::from)
}

/// Returns the keys of an example that has one or several. Keys for encryption are left out.
fn keys_of(example: &Value) -> Vec<KeySet> {
    let key = &example["input"]["key"];
    key.as_array()
        .map_or_else(|| vec![key], |keys| keys.iter().collect())
        .into_iter()
        .filter_map(public)
        .collect()
}

#[test]
fn the_signatures_of_rfc_7520_and_rfc_8037_are_valid() {
    for file in SIGNED.map(path) {
        let Some(example) = crate::vectors::read(&file) else {
            return;
        };
        let jws = example["output"]["compact"].as_str().unwrap();
        let keys = public(&example["input"]["key"]).unwrap();
        assert!(is_signed(jws, &keys), "{file}");
        let broken = format!("{}A{}", &jws[..jws.len() - 4], &jws[jws.len() - 3..]);
        assert!(
            broken == jws || !is_signed(&broken, &keys),
            "{file}: a changed signature"
        );
    }
}

/// Each example is rejected in all its forms.
#[test]
fn examples_that_are_not_signed_tokens_in_compact_form_are_rejected() {
    for (name, why, dots) in REJECTED {
        let Some(example) = crate::vectors::read(&path(name)) else {
            return;
        };
        let forms = example["output"].as_object().unwrap();
        assert_eq!(
            forms
                .get("compact")
                .map(|text| text.to_string().matches('.').count()),
            dots,
            "{name}: {why}"
        );
        let keys = keys_of(&example);
        assert_eq!(
            keys.is_empty(),
            why.starts_with("encrypted"),
            "{name}: a key for signatures"
        );
        for (keys, form) in keys
            .iter()
            .flat_map(|keys| forms.values().map(move |form| (keys, form)))
        {
            let text = form
                .as_str()
                .map_or_else(|| form.to_string(), ToOwned::to_owned);
            assert!(!is_signed(&text, keys), "{name}: {why}");
        }
    }
}

#[test]
fn the_keys_of_rfc_7520_are_accepted_if_a_verifier_can_use_them() {
    for (name, usable) in KEYS {
        let Some(key) = crate::vectors::read(&path(name)) else {
            return;
        };
        assert_eq!(Key::from_jwk(&key.to_string()).is_ok(), usable, "{name}");
    }
}
