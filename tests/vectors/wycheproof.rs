//! Wycheproof, at the level "JWK and compact JWS: verified or not".

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use serde_json::Value;
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Key, KeySet};

pub(crate) const FILES: [&str; 2] = [
    "wycheproof/json_web_signature_test.json",
    "wycheproof/json_web_key_test.json",
];

/// Of the JWS cases: the number, and why we answer otherwise than the file says.
///
/// 367 and 370 are marked invalid and are byte by byte the valid 357: they would diverge, were the
/// key usable.
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

/// Of the JWK cases.
const JWK: &[(u64, &str)] = &[
    (
        1,
        "a set may hold secrets and public keys where the operator gives it; each is pinned to its algorithm",
    ),
    (4, "of two keys with one id both are tried"),
    (
        7,
        "ROCA keys are not recognised; no issuer is known to have one any more",
    ),
];

/// The keys of a group: one JWK, or a set of them. None, where they can't be used at all.
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
    let Some(vectors) = crate::read(file) else {
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
    // Not `println!`, which no one sees of a test that passes.
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
fn signatures_are_judged_as_wycheproof_judges_them() {
    run(FILES[0], JWS);
}

#[test]
fn keys_are_judged_as_wycheproof_judges_them() {
    run(FILES[1], JWK);
}
