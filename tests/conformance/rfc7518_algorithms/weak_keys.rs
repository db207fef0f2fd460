//! Requirement 12: weak and invalid keys (RFC 7518 §3.2, §3.3, §6.2).

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, Key, KeySet};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, decode, default_key, encode, key, send, token, token_of,
};

/// Returns a secret with as many different bytes as possible.
fn secret(length: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(length).collect()
}

fn kind_of<T: std::fmt::Debug>(result: Result<T, tower_jwt_auth::ConfigError>) -> ConfigErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_secret_shorter_than_its_hash_is_rejected() {
    for (algorithm, length) in [
        (Algorithm::HS256, 32),
        (Algorithm::HS384, 48),
        (Algorithm::HS512, 64),
    ] {
        assert!(Key::from_secret(algorithm, secret(length)).is_ok());
        for short in [0, 1, 16, length - 1] {
            assert_eq!(
                kind_of(Key::from_secret(algorithm, secret(short))),
                ConfigErrorKind::WeakSecret,
                "{algorithm}"
            );
            let jwk = json!({"kty": "oct", "alg": algorithm.name(), "k": encode(secret(short))})
                .to_string();
            assert_eq!(
                kind_of(Key::from_jwk(&jwk)),
                ConfigErrorKind::UnusableKey,
                "{algorithm}"
            );
        }
    }
    let layer = JwtAuthLayer::from_secret(ISSUER, secret(31), AUDIENCE);
    assert_eq!(kind_of(layer), ConfigErrorKind::WeakSecret);
}

#[test]
fn a_secret_that_repeats_a_few_bytes_is_rejected() {
    for weak in [
        vec![0; 32],
        vec![b'a'; 64],
        b"changeme".repeat(8),
        b"abcdefg".repeat(10),
    ] {
        let text = String::from_utf8_lossy(&weak).into_owned();
        assert_eq!(
            kind_of(Key::from_secret(Algorithm::HS256, &weak)),
            ConfigErrorKind::WeakSecret,
            "{text}"
        );
        let layer = JwtAuthLayer::from_secret(ISSUER, &weak, AUDIENCE);
        assert_eq!(kind_of(layer), ConfigErrorKind::WeakSecret, "{text}");
    }
}

#[test]
fn a_secret_for_another_algorithm_is_an_invalid_setting() {
    assert_eq!(
        kind_of(Key::from_secret(Algorithm::ES256, secret(32))),
        ConfigErrorKind::InvalidSetting
    );
}

fn rsa(n: &[u8], e: &str) -> Value {
    json!({"kty": "RSA", "kid": "weak", "alg": "RS256", "n": encode(n), "e": e})
}

fn modulus(bytes: usize) -> Vec<u8> {
    let mut n = decode(key(Algorithm::RS256).jwk()["n"].as_str().unwrap());
    n.truncate(bytes);
    *n.last_mut().unwrap() |= 1;
    n
}

fn ec(change: impl Fn(&mut Value)) -> Value {
    let mut jwk = default_key().jwk();
    jwk["kid"] = json!("weak");
    change(&mut jwk);
    jwk
}

fn resized(jwk: &mut Value, member: &str, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = decode(jwk[member].as_str().unwrap());
    change(&mut bytes);
    jwk[member] = json!(encode(bytes));
}

/// Returns JWKs that must be rejected, each with the id `weak`.
fn unusable() -> Vec<Value> {
    let modulus_2048 = modulus(256);
    let mut keys = vec![
        rsa(&modulus(128), "AQAB"),
        rsa(&modulus(255), "AQAB"),
        rsa(&[], "AQAB"),
    ];
    // Leading zeros do not count.
    keys.push(rsa(&[&[0; 128][..], &modulus(128)].concat(), "AQAB"));
    // Exponents: 1, 0, 2, 65536, none, and one of more than 32 bits.
    keys.extend(["AQ", "AA", "Ag", "AQAA", "", "AQAAAAAB"].map(|e| rsa(&modulus_2048, e)));
    keys.extend([
        ec(|jwk| resized(jwk, "x", |x| x.truncate(31))),
        ec(|jwk| resized(jwk, "y", |y| *y = y.split_off(1))),
        ec(|jwk| resized(jwk, "x", |x| x.insert(0, 0))),
        ec(|jwk| resized(jwk, "y", |y| y[31] ^= 1)),
        ec(|jwk| jwk["x"] = jwk["y"].clone()),
        ec(|jwk| (jwk["x"], jwk["y"]) = (json!(encode([0; 32])), json!(encode([0; 32])))),
        ec(|jwk| jwk["crv"] = json!("P-384")),
        ec(|jwk| jwk["crv"] = json!("secp256k1")),
        ec(|jwk| jwk["alg"] = json!("ES384")),
        ec(|jwk| jwk["alg"] = json!("RS256")),
        ec(|jwk| jwk["alg"] = json!("none")),
        ec(|jwk| jwk["alg"] = json!("HS256")),
        ec(|jwk| jwk["use"] = json!("enc")),
        ec(|jwk| jwk["key_ops"] = json!(["sign", "encrypt"])),
        ec(|jwk| jwk["kty"] = json!("RSA")),
        ec(|jwk| jwk["x"] = json!(format!("{}=", jwk["x"].as_str().unwrap()))),
        ec(|jwk| jwk["d"] = json!(encode([7; 32]))),
        ec(|jwk| drop(jwk.as_object_mut().unwrap().remove("y"))),
    ]);
    let ed = |x: Vec<u8>| json!({"kty": "OKP", "crv": "Ed25519", "kid": "weak", "x": encode(x)});
    let mut one = vec![0; 32];
    one[0] = 1;
    keys.extend([ed(vec![7; 31]), ed(vec![7; 33]), ed(vec![0; 32]), ed(one)]);
    keys.push(json!({"kty": "OKP", "crv": "Ed448", "kid": "weak", "x": encode([7; 57])}));
    keys.push(json!({"kty": "oct", "kid": "weak", "alg": "HS256", "k": encode(secret(31))}));
    keys
}

#[test]
fn a_weak_or_invalid_key_is_unusable() {
    for jwk in unusable() {
        assert_eq!(
            kind_of(Key::from_jwk(&jwk.to_string())),
            ConfigErrorKind::UnusableKey,
            "{jwk}"
        );
        let alone = json!({"keys": [jwk]}).to_string();
        assert_eq!(
            kind_of(KeySet::from_json(&alone)),
            ConfigErrorKind::NoKeys,
            "{jwk}"
        );
    }
}

#[tokio::test]
async fn a_weak_key_in_a_set_is_skipped_and_the_others_are_used() {
    for jwk in unusable() {
        let set =
            KeySet::from_json(&json!({"keys": [jwk, default_key().jwk()]}).to_string()).unwrap();
        let skipped: Vec<_> = set
            .skipped()
            .iter()
            .map(tower_jwt_auth::SkippedKey::key_id)
            .collect();
        assert_eq!(
            (set.keys().count(), skipped),
            (1, vec![Some("weak")]),
            "{jwk}"
        );
        let layer = builder_for(Issuer::from_keys(ISSUER, set, AUDIENCE))
            .build()
            .unwrap();
        send(&layer, &token().sign()).await.accepted();
        let weak = default_key().clone().with_key_id("weak");
        send(&layer, &token_of(&weak).sign())
            .await
            .invalid_token(ErrorKind::UnknownKey);
    }
}

// Any client that reads the published set could sign with it.
#[tokio::test]
async fn a_secret_that_an_issuer_publishes_is_not_used() {
    let issuer = TestIssuer::builder()
        .algorithms([Algorithm::ES256, Algorithm::HS256])
        .start()
        .await
        .unwrap();
    let layer = JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).unwrap();
    send(&layer, &issuer.token_with(Algorithm::ES256).sign())
        .await
        .accepted();
    let answer = send(&layer, &issuer.token_with(Algorithm::HS256).sign()).await;
    answer.invalid_token(ErrorKind::AlgorithmNotAllowed);
    // It is skipped.
    let health = layer.authenticator().health().remove(0);
    assert_eq!((health.keys.len(), health.skipped.len()), (1, 1));
    assert_eq!(
        health.skipped[0].key_id(),
        Some(issuer.key(Algorithm::HS256).unwrap().key_id())
    );
}

#[tokio::test]
async fn a_weak_key_that_an_issuer_publishes_is_skipped() {
    let issuer = TestIssuer::start().await.unwrap();
    let valid = issuer.key(Algorithm::ES256).unwrap();
    issuer.set_jwks(
        json!({"keys": [rsa(&modulus(128), "AQAB"), valid.jwk(), rsa(&modulus(256), "AQ")]})
            .to_string(),
    );
    let layer = JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).unwrap();
    send(&layer, &issuer.token().sign()).await.accepted();
    let rsa = issuer
        .token()
        .key(&key(Algorithm::RS256).clone().with_key_id("weak"))
        .sign();
    send(&layer, &rsa)
        .await
        .invalid_token(ErrorKind::UnknownKey);
}
