//! Requirements 11 and 14: which algorithms are accepted (RFC 8725 §3.1, RFC 9864).

use std::collections::HashSet;

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer, Key, KeySet};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, HEADER, ISSUER, algorithms, builder_for, decode, default_key, encode, key, key_set,
    layer, payload, send, token, token_of,
};

/// Returns a layer with a key for every algorithm.
fn layer_of_all() -> JwtAuthLayer {
    let keys = key_set(algorithms().map(key));
    let issuer = Issuer::from_keys(ISSUER, keys, AUDIENCE);
    builder_for(issuer.algorithms(algorithms()))
        .build()
        .unwrap()
}

// 11
#[tokio::test]
async fn one_layer_accepts_every_algorithm() {
    let layer = layer_of_all();
    for algorithm in algorithms() {
        let claims = send(&layer, &token_of(key(algorithm)).sign())
            .await
            .named(algorithm)
            .accepted();
        assert_eq!(
            (claims.algorithm(), claims.key_id()),
            (Some(algorithm), Some(algorithm.name()))
        );
    }
}

// 11: the key decides, not the header.
#[tokio::test]
async fn a_header_that_names_another_algorithm_than_that_of_the_key_is_rejected() {
    let layer = layer_of_all();
    for signed in algorithms() {
        for named in algorithms().filter(|named| *named != signed) {
            let token = token_of(key(signed)).header("alg", named.name());
            let answer = send(&layer, &token.sign()).await.named((signed, named));
            answer.invalid_token(ErrorKind::UnknownKey);
            // Without a `kid` the key of the named algorithm is tried.
            let answer = send(&layer, &token.without_header("kid").sign())
                .await
                .named((signed, named));
            answer.invalid_token(ErrorKind::InvalidSignature);
        }
    }
}

// 11
#[tokio::test]
async fn only_the_configured_algorithms_are_accepted() {
    let keys = key_set([Algorithm::ES256, Algorithm::Ed25519, Algorithm::ES384].map(key));
    let issuer =
        Issuer::from_keys(ISSUER, keys, AUDIENCE).algorithms([Algorithm::ES256, Algorithm::ES384]);
    let layer = builder_for(issuer).build().unwrap();
    send(&layer, &token_of(key(Algorithm::ES256)).sign())
        .await
        .accepted();
    send(&layer, &token_of(key(Algorithm::ES384)).sign())
        .await
        .accepted();
    let answer = send(&layer, &token_of(key(Algorithm::Ed25519)).sign()).await;
    answer.invalid_token(ErrorKind::AlgorithmNotAllowed);
}

// 11
#[tokio::test]
async fn the_algorithms_of_one_issuer_are_not_those_of_another() {
    let keys = || key_set([Algorithm::ES256, Algorithm::Ed25519].map(key));
    let other = "https://other.example";
    let layer =
        builder_for(Issuer::from_keys(ISSUER, keys(), AUDIENCE).algorithms([Algorithm::ES256]))
            .add_issuer(Issuer::from_keys(other, keys(), AUDIENCE).algorithms([Algorithm::Ed25519]))
            .build()
            .unwrap();
    let token = |algorithm, issuer: &str| token_of(key(algorithm)).issuer(issuer).sign();
    send(&layer, &token(Algorithm::ES256, ISSUER))
        .await
        .accepted();
    send(&layer, &token(Algorithm::Ed25519, other))
        .await
        .accepted();
    send(&layer, &token(Algorithm::Ed25519, ISSUER))
        .await
        .invalid_token(ErrorKind::AlgorithmNotAllowed);
    send(&layer, &token(Algorithm::ES256, other))
        .await
        .invalid_token(ErrorKind::AlgorithmNotAllowed);
}

// 11: CVE-2015-9235, CVE-2026-22817
#[tokio::test]
async fn none_is_rejected_in_every_spelling() {
    for layer in [layer(), layer_of_all()] {
        for none in [
            "none", "None", "NONE", "nOnE", "NoNe", " none", "none ", "none\0", "",
        ] {
            let signed = token().header("alg", none).sign();
            send(&layer, &signed)
                .await
                .named(none)
                .invalid_token(ErrorKind::AlgorithmNotAllowed);
            let unsigned = &signed[..=signed.rfind('.').unwrap()];
            send(&layer, unsigned)
                .await
                .named(none)
                .invalid_token(ErrorKind::MalformedToken);
            send(&layer, &format!("{unsigned}AA"))
                .await
                .named(none)
                .invalid_token(ErrorKind::AlgorithmNotAllowed);
        }
    }
}

// 11
#[tokio::test]
async fn names_are_compared_in_full_and_case_sensitively() {
    let names = [
        "es256",
        "Es256",
        "eS256",
        "ES256 ",
        " ES256",
        "ES2560",
        "ES25",
        "ES256K",
        "ES256\0",
        "ＥＳ256",
    ];
    for name in names {
        let answer = send(&layer(), &token().header("alg", name).sign()).await;
        answer
            .named(name)
            .invalid_token(ErrorKind::AlgorithmNotAllowed);
    }
}

// 11
#[tokio::test]
async fn unknown_algorithms_are_rejected() {
    for name in [
        "HS1",
        "RS1",
        "RSA1_5",
        "ES512K",
        "Ed448",
        "ESP256",
        "dir",
        "A256KW",
        "PBES2-HS256+A128KW",
        "Ed25519",
    ] {
        let answer = send(&layer(), &token().header("alg", name).sign()).await;
        answer
            .named(name)
            .invalid_token(ErrorKind::AlgorithmNotAllowed);
    }
}

// 11
#[tokio::test]
async fn an_algorithm_that_is_absent_or_not_a_string_is_malformed() {
    let absent = token().without_header("alg").sign();
    send(&layer(), &absent)
        .await
        .invalid_token(ErrorKind::MalformedToken);
    for alg in [
        Value::Null,
        json!(256),
        json!(true),
        json!(["ES256"]),
        json!({"name": "ES256"}),
    ] {
        let answer = send(&layer(), &token().header("alg", &alg).sign()).await;
        answer.named(&alg).invalid_token(ErrorKind::MalformedToken);
    }
}

// 11
#[tokio::test]
async fn an_algorithm_written_with_escapes_is_the_same() {
    let header = HEADER.replace("ES256\",\"k", "\\u0045S256\",\"k");
    send(
        &layer(),
        &default_key().sign_raw(&header, payload(&[]).as_bytes()),
    )
    .await
    .accepted();
}

// 14
#[tokio::test]
async fn ed25519_and_eddsa_are_two_names_of_one_algorithm() {
    let key = key(Algorithm::Ed25519);
    for published in [json!("EdDSA"), json!("Ed25519"), Value::Null] {
        let mut jwk = key.jwk();
        if published.is_null() {
            jwk.as_object_mut().unwrap().remove("alg");
        } else {
            jwk["alg"] = published.clone();
        }
        let issuer = Issuer::from_keys(ISSUER, Key::from_jwk(&jwk.to_string()).unwrap(), AUDIENCE);
        let layer = builder_for(issuer.algorithms(["EdDSA".parse().unwrap()]))
            .build()
            .unwrap();
        for named in ["EdDSA", "Ed25519"] {
            let answer = send(&layer, &token_of(key).header("alg", named).sign()).await;
            assert_eq!(
                answer.named((&published, named)).accepted().algorithm(),
                Some(Algorithm::Ed25519)
            );
        }
        for named in ["EDDSA", "eddsa", "ed25519", "ED25519", "Ed448"] {
            let answer = send(&layer, &token_of(key).header("alg", named).sign()).await;
            answer
                .named(named)
                .invalid_token(ErrorKind::AlgorithmNotAllowed);
        }
    }
}

// 11
#[tokio::test]
async fn a_key_pinned_to_one_algorithm_verifies_no_other_of_its_family() {
    let pinned = key(Algorithm::PS256);
    let mut jwk = pinned.jwk();
    jwk["alg"] = json!("RS256");
    // Another key, so that PS256 as such is allowed.
    let other = TestKey::generate(Algorithm::PS256);
    let keys = KeySet::from_json(&json!({"keys": [jwk, other.jwk()]}).to_string()).unwrap();
    let layer = builder_for(Issuer::from_keys(ISSUER, keys, AUDIENCE))
        .build()
        .unwrap();
    send(&layer, &token_of(&other).sign()).await.accepted();
    send(&layer, &token_of(pinned).sign())
        .await
        .invalid_token(ErrorKind::UnknownKey);
    // The same key without `alg` is not pinned.
    jwk["alg"].take();
    let unpinned = Key::from_jwk(&jwk.to_string().replace("\"alg\":null,", "")).unwrap();
    let layer = builder_for(Issuer::from_keys(ISSUER, unpinned, AUDIENCE))
        .build()
        .unwrap();
    send(&layer, &token_of(pinned).sign()).await.accepted();
}

// 11: the signature covers the header and the payload.
#[tokio::test]
async fn a_token_with_a_changed_header_or_payload_is_rejected() {
    for algorithm in algorithms() {
        let layer = layer_of_all();
        let valid = token_of(key(algorithm)).sign();
        let parts: Vec<_> = valid.split('.').collect();
        let header = String::from_utf8(decode(parts[0]))
            .unwrap()
            .replace("JWT", "jwt");
        let payload = String::from_utf8(decode(parts[1]))
            .unwrap()
            .replace("test-subject", "best-subject");
        for forged in [
            [&encode(header), parts[1], parts[2]],
            [parts[0], &encode(payload), parts[2]],
        ] {
            let answer = send(&layer, &forged.join(".")).await;
            answer
                .named(algorithm)
                .invalid_token(ErrorKind::InvalidSignature);
        }
    }
}

#[test]
fn every_algorithm_has_a_name_of_its_own() {
    let names: HashSet<_> = Algorithm::all().map(Algorithm::name).collect();
    assert_eq!(names.len(), 16);
}
