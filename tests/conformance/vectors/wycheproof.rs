//! Wycheproof's cases of a JWK and a compact JWS, which is verified or not.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use serde_json::Value;
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Key, KeySet};

pub(crate) const FILES: [&str; 2] = [
    "wycheproof/json_web_signature_test.json",
    "wycheproof/json_web_key_test.json",
];

/// The known divergences of the JWS cases: the number of the case, and the reason.
///
/// 367 and 370 are marked invalid, but equal the valid 357 byte by byte. They would diverge if the
/// key were usable.
const JWS: &[(u64, &str)] = &[
    (346, "the key is for PS256, the token says PS384"),
    (347, "the key's algorithm is `ES521`, which does not exist"),
    (350, "as 346"),
    (351, "as 347"),
    (
        357,
        "the secret is 32 zero bytes, which is rejected as weak",
    ),
    (358, "as 357"),
    (359, "as 357"),
    (372, "a `?` in the header is marked valid; and as 357"),
    (373, "a `?` in the payload is marked valid; and as 357"),
    (376, "as 357"),
    (377, "as 357"),
];

/// The known divergences of the JWK cases.
const JWK: &[(u64, &str)] = &[
    (
        1,
        "a configured set may contain secrets and public keys; each is pinned to its algorithm",
    ),
    (4, "of two keys with one id both are tried"),
    (
        7,
        "ROCA keys are not recognised; no issuer is known to have one any more",
    ),
];

/// Returns the keys of a group, which is a JWK or a set, or `None` if it is unusable.
fn keys(group: &Value) -> Option<KeySet> {
    let keys = group
        .get("public")
        .or_else(|| group.get("private"))
        .unwrap();
    if keys.get("keys").is_some() {
        KeySet::from_json(&keys.to_string()).ok()
    } else {
        Key::from_jwk(&keys.to_string()).ok().map(KeySet::from)
    }
}

fn run(file: &str, known: &[(u64, &str)]) {
    let Some(vectors) = crate::vectors::read(file) else {
        return;
    };
    let mut divergences = BTreeMap::new();
    let mut count = 0;
    for group in vectors["testGroups"].as_array().unwrap() {
        let keys = keys(group);
        for test in group["tests"].as_array().unwrap() {
            let signed = keys
                .as_ref()
                .is_some_and(|keys| is_signed(test["jws"].as_str().unwrap(), keys));
            if signed != (test["result"] == "valid") {
                let what = format!("{} {}: {signed}", group["comment"], test["comment"]);
                divergences.insert(test["tcId"].as_u64().unwrap(), what);
            }
            count += 1;
        }
    }
    let expected: Vec<_> = known.iter().map(|(number, _)| *number).collect();
    assert!(count > 0, "{file}: no cases");
    // Not `println!`, whose output is hidden if the test passes.
    let _ = writeln!(
        io::stderr(),
        "{file}: {count} cases, {} of them known divergences",
        expected.len()
    );
    assert_eq!(
        divergences.keys().copied().collect::<Vec<_>>(),
        expected,
        "{divergences:#?}"
    );
}

#[test]
fn signatures_are_accepted_and_rejected_as_in_wycheproof() {
    run(FILES[0], JWS);
}

#[test]
fn keys_are_accepted_and_rejected_as_in_wycheproof() {
    run(FILES[1], JWK);
}
