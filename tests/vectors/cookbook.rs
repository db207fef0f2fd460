//! The JOSE cookbook: every file of it, be it a token, a key, or what is rejected and why.

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
/// And whether a verifier may use them.
const KEYS: [(&str, bool); 6] = [
    ("jwk/3_1.ec_public_key", true),
    ("jwk/3_3.rsa_public_key", true),
    ("jwk/3_5.symmetric_key_mac_computation", true),
    ("jwk/3_6.symmetric_key_encryption", false),
    ("jwk/3_2.ec_private_key", false),
    ("jwk/3_4.rsa_private_key", false),
];
/// What is no signed token in the compact form, which JWTs are in (RFC 7519 §3); why, and the dots
/// of its compact form.
const NO_TOKENS: [(&str, &str, Option<usize>); 5] = [
    (
        "jws/4_5.signature_with_detached_content",
        "the payload is not in it",
        Some(2),
    ),
    (
        "jws/4_6.protecting_specific_header_fields",
        "JSON only: a part of the header is not signed",
        None,
    ),
    (
        "jws/4_7.protecting_content_only",
        "JSON only: nothing of the header is signed",
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

/// All that are run here.
pub(crate) fn files() -> impl Iterator<Item = String> {
    SIGNED
        .into_iter()
        .chain(KEYS.map(|(name, _)| name))
        .chain(NO_TOKENS.map(|(name, ..)| name))
        .map(path)
}

/// The cookbook gives private keys; only their public part belongs here.
fn public(key: &Value) -> Option<KeySet> {
    let mut key = key.clone();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        key.as_object_mut().unwrap().remove(member);
    }
    Key::from_jwk(&key.to_string()).ok().map(KeySet::from)
}

/// One or several; those for encryption can't be read.
fn keys_of(example: &Value) -> Vec<KeySet> {
    let key = &example["input"]["key"];
    key.as_array()
        .map_or_else(|| vec![key], |keys| keys.iter().collect())
        .into_iter()
        .filter_map(public)
        .collect()
}

#[test]
fn the_signatures_of_rfc_7520_and_rfc_8037_are_good() {
    for file in SIGNED.map(path) {
        let Some(example) = crate::read(&file) else {
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

/// In none of the forms that it is given in.
#[test]
fn what_is_no_signed_token_in_the_compact_form_is_not_taken_for_one() {
    for (name, why, dots) in NO_TOKENS {
        let Some(example) = crate::read(&path(name)) else {
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
fn the_keys_of_rfc_7520_are_read() {
    for (name, usable) in KEYS {
        let Some(key) = crate::read(&path(name)) else {
            return;
        };
        assert_eq!(Key::from_jwk(&key.to_string()).is_ok(), usable, "{name}");
    }
}
