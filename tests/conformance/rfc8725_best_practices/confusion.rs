//! Requirement 11: no public key is used as a secret (CVE-2015-9235), and a key verifies only
//! algorithms of its own family, whatever the header says.

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer, Key, KeySet};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, builder_for, decode, key, key_set, send, token_of};

const PUBLIC: [Algorithm; 4] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::Ed25519,
];
const HMAC: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];

/// Returns everything that a careless verifier might use as a secret.
fn texts_of(key: &TestKey) -> Vec<Vec<u8>> {
    let (pem, jwk) = (key.pem(), key.jwk());
    let crlf = pem.replace('\n', "\r\n");
    let mut texts: Vec<Vec<u8>> = vec![
        pem.trim_end().into(),
        crlf.into(),
        pem.into(),
        key.der(),
        jwk.to_string().into(),
    ];
    texts.push(json!({"keys": [jwk]}).to_string().into());
    for member in ["n", "x"] {
        if let Some(value) = jwk[member].as_str() {
            texts.push(value.into());
            texts.push(decode(value));
        }
    }
    texts.push(Vec::new());
    texts
}

/// Returns HMAC keys whose secrets are public.
fn forged(key: &TestKey) -> impl Iterator<Item = TestKey> {
    let forgers = |text: Vec<u8>| {
        HMAC.map(|hmac| TestKey::from_secret(hmac, &text).with_key_id(key.key_id()))
    };
    texts_of(key).into_iter().flat_map(forgers)
}

fn layer(keys: impl Into<KeySet>) -> JwtAuthLayer {
    builder_for(Issuer::from_keys(ISSUER, keys, AUDIENCE))
        .build()
        .unwrap()
}

#[tokio::test]
async fn with_public_keys_only_no_public_key_is_used_as_a_secret() {
    for key in PUBLIC.map(key) {
        let layer = layer(key_set([key]));
        for forger in forged(key) {
            let token = token_of(&forger);
            send(&layer, &token.sign())
                .await
                .invalid_token(ErrorKind::AlgorithmNotAllowed);
            let without = token.without_header("kid").sign();
            send(&layer, &without)
                .await
                .invalid_token(ErrorKind::AlgorithmNotAllowed);
        }
    }
}

#[tokio::test]
async fn with_public_keys_and_secrets_no_public_key_is_used_as_a_secret() {
    let layer = layer(key_set(Algorithm::all().map(key)));
    for key in PUBLIC.map(key) {
        for forger in forged(key) {
            let token = token_of(&forger);
            send(&layer, &token.sign())
                .await
                .invalid_token(ErrorKind::UnknownKey);
            let without = token.without_header("kid").sign();
            send(&layer, &without)
                .await
                .invalid_token(ErrorKind::InvalidSignature);
        }
    }
}

#[tokio::test]
async fn a_public_key_in_pem_or_der_form_is_not_used_as_a_secret() {
    for public in PUBLIC.map(key) {
        for trusted in [
            Key::from_pem(public.pem()).unwrap(),
            Key::from_der(public.der()).unwrap(),
        ] {
            let layer = layer(trusted);
            send(&layer, &token_of(public).sign()).await.accepted();
            for forger in forged(public) {
                send(&layer, &token_of(&forger).sign())
                    .await
                    .invalid_token(ErrorKind::AlgorithmNotAllowed);
            }
        }
    }
}

/// Returns the public JWKs without `alg`, and secrets, so that HMAC as such is allowed.
fn set_without_alg() -> KeySet {
    let mut jwks: Vec<_> = PUBLIC.map(|algorithm| key(algorithm).jwk()).into();
    for jwk in &mut jwks {
        jwk.as_object_mut().unwrap().remove("alg");
    }
    jwks.extend(HMAC.map(|hmac| key(hmac).jwk()));
    KeySet::from_json(&json!({"keys": jwks}).to_string()).unwrap()
}

// CVE-2026-22817: without `alg` in the JWK, the header chooses only within the key's family.
#[tokio::test]
async fn a_key_without_alg_verifies_only_algorithms_of_its_family() {
    let layer = layer(set_without_alg());
    for public in PUBLIC.map(key) {
        send(&layer, &token_of(public).sign()).await.accepted();
        for forger in forged(public) {
            send(&layer, &token_of(&forger).sign())
                .await
                .invalid_token(ErrorKind::UnknownKey);
        }
        for other in PUBLIC
            .map(key)
            .into_iter()
            .filter(|other| other.jwk()["kty"] != public.jwk()["kty"])
        {
            let token = token_of(other).header("kid", public.key_id()).sign();
            let answer = send(&layer, &token).await.named((public, other));
            answer.invalid_token(ErrorKind::UnknownKey);
        }
    }
}

#[tokio::test]
async fn a_token_with_the_key_id_of_another_key_is_rejected() {
    let layer = layer(key_set([Algorithm::RS256, Algorithm::ES256].map(key)));
    let token = token_of(key(Algorithm::ES256))
        .header("kid", "RS256")
        .sign();
    send(&layer, &token)
        .await
        .invalid_token(ErrorKind::UnknownKey);
    let second = TestKey::generate(Algorithm::ES256).with_key_id("second");
    let layer = self::layer(key_set([key(Algorithm::ES256), &second]));
    let token = token_of(&second).header("kid", "ES256").sign();
    send(&layer, &token)
        .await
        .invalid_token(ErrorKind::InvalidSignature);
    send(&layer, &token_of(&second).sign()).await.accepted();
}

#[tokio::test]
async fn a_token_signed_with_an_empty_or_guessed_secret_is_rejected() {
    for hmac in HMAC {
        let layer = layer(key_set([key(hmac)]));
        for secret in [&b""[..], b"\0", b"secret", hmac.name().as_bytes()] {
            let forger = TestKey::from_secret(hmac, secret).with_key_id(hmac.name());
            send(&layer, &token_of(&forger).sign())
                .await
                .invalid_token(ErrorKind::InvalidSignature);
        }
    }
}

#[tokio::test]
async fn a_key_in_the_claims_of_a_token_is_not_used() {
    // The token has a JWK set among its claims.
    let unknown_key = TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    let layer = layer(key_set([key(Algorithm::ES256)]));
    let token = token_of(&unknown_key)
        .claim("keys", [unknown_key.jwk()])
        .claim("cnf", json!({"jwk": unknown_key.jwk()}));
    send(&layer, &token.sign())
        .await
        .invalid_token(ErrorKind::InvalidSignature);
}
