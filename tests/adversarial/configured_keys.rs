//! Requirement 11: whatever the form of the configured keys, no public key is used as a secret
//! (CVE-2015-9235), and a key verifies only algorithms of its own family, whatever the header says.
//!
//! The tests take turns with those that read the log.

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer, Key, KeySet};

use crate::confusion::{PUBLIC, texts_of};
use crate::site::SECRETS;
use crate::support::{
    AUDIENCE, ISSUER, algorithms, builder_for, key, key_set, send, token_of, tokio,
};
use crate::watch::Log;

/// Returns HMAC keys whose secrets are public.
fn forged(key: &TestKey) -> impl Iterator<Item = TestKey> {
    let texts = texts_of(key).into_iter().map(|(_, text)| text);
    texts.chain([Vec::new()]).flat_map(|text| {
        SECRETS.map(|hmac| TestKey::from_secret(hmac, &text).with_key_id(key.key_id()))
    })
}

fn layer(keys: impl Into<KeySet>) -> JwtAuthLayer {
    builder_for(Issuer::from_keys(ISSUER, keys, AUDIENCE))
        .build()
        .unwrap()
}

#[tokio::test]
async fn without_a_key_id_no_public_key_is_used_as_a_secret() {
    let _turn = Log::take().await;
    for key in PUBLIC.map(key) {
        let layer = layer(key_set([key]));
        for forger in forged(key) {
            let without = token_of(&forger).without_header("kid").sign();
            send(&layer, &without)
                .await
                .invalid_token(ErrorKind::AlgorithmNotAllowed);
        }
    }
}

#[tokio::test]
async fn without_a_key_id_a_public_key_beside_secrets_is_not_used_as_one() {
    let _turn = Log::take().await;
    let keys = key_set(algorithms().map(key));
    let issuer = Issuer::from_keys(ISSUER, keys, AUDIENCE).algorithms(algorithms());
    let layer = builder_for(issuer).build().unwrap();
    for key in PUBLIC.map(key) {
        for forger in forged(key) {
            let without = token_of(&forger).without_header("kid").sign();
            send(&layer, &without)
                .await
                .invalid_token(ErrorKind::InvalidSignature);
        }
    }
}

#[tokio::test]
async fn a_public_key_in_pem_or_der_form_is_not_used_as_a_secret() {
    let _turn = Log::take().await;
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
    jwks.extend(SECRETS.map(|hmac| key(hmac).jwk()));
    KeySet::from_json(&json!({"keys": jwks}).to_string()).unwrap()
}

// CVE-2026-22817: without `alg` in the JWK, the header chooses only within the key's family.
#[tokio::test]
async fn a_key_without_alg_verifies_only_algorithms_of_its_family() {
    let _turn = Log::take().await;
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
    let _turn = Log::take().await;
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
async fn a_key_in_the_claims_of_a_token_is_not_used() {
    let _turn = Log::take().await;
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

#[tokio::test]
async fn a_secret_of_one_issuer_verifies_no_token_of_another() {
    let _turn = Log::take().await;
    let other_issuer = "https://other.example";
    for hmac in SECRETS {
        let (own, others) = (key(hmac), TestKey::generate(hmac).with_key_id("others"));
        let other = Issuer::from_keys(other_issuer, key_set([&others]), AUDIENCE);
        let layer = builder_for(Issuer::from_keys(ISSUER, key_set([own]), AUDIENCE))
            .add_issuer(other)
            .build()
            .unwrap();
        let of_other = |key| token_of(key).issuer(other_issuer);
        send(&layer, &token_of(own).sign()).await.accepted();
        send(&layer, &of_other(&others).sign()).await.accepted();
        for (token, rejection) in [
            (token_of(&others), ErrorKind::UnknownKey),
            (of_other(own), ErrorKind::UnknownKey),
            (
                token_of(&others).header("kid", own.key_id()),
                ErrorKind::InvalidSignature,
            ),
            (
                of_other(own).header("kid", "others"),
                ErrorKind::InvalidSignature,
            ),
            (
                token_of(&others).without_header("kid"),
                ErrorKind::InvalidSignature,
            ),
            (
                token_of(own).header("kid", "../others"),
                ErrorKind::UnknownKey,
            ),
        ] {
            let answer = send(&layer, &token.sign()).await.named(hmac);
            answer.invalid_token(rejection);
        }
    }
}
