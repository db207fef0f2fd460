//! The header and the signature of a logout token (§2.4, §2.6).

use serde_json::json;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use super::support::{Setup, logout_token, of_key, setup};
use crate::support::tokio;
use crate::support::{builder_for, clock, default_key, encode, issuer};

/// An endpoint that accepts tokens without the type.
fn lenient() -> Setup {
    let mut setup = setup();
    setup.endpoint = setup.endpoint.allow_untyped();
    setup
}

#[tokio::test]
async fn the_type_is_compared_without_case_and_prefix() {
    for typ in ["logout+jwt", "Logout+JWT", "application/logout+jwt"] {
        let token = logout_token().header("typ", typ).sign();
        setup().log_out(&token).await.expect_logged_out();
    }
}

#[tokio::test]
async fn another_type_or_none_is_rejected_unless_allowed() {
    let description = "the token's type is not allowed";
    let untyped = logout_token().without_header("typ").sign();
    let jwt = logout_token().header("typ", "JWT").sign();
    for token in [&untyped, &jwt] {
        setup().expect_rejected(token, description).await;
        lenient().log_out(token).await.expect_logged_out();
    }
    for typ in ["at+jwt", "dpop+jwt", "secevent+jwt", "logout+jwt2", "x", ""] {
        let token = logout_token().header("typ", typ).sign();
        setup().expect_rejected(&token, description).await;
        lenient().expect_rejected(&token, description).await;
    }
}

#[tokio::test]
async fn without_the_type_the_claims_tell_a_logout_token_apart() {
    let untyped = logout_token().without_header("typ");
    let missing = "the logout token lacks a required claim: events";
    let token = untyped.clone().without_claim("events").sign();
    lenient().expect_rejected(&token, missing).await;
    let invalid = "a claim of the logout token is invalid: nonce";
    let token = untyped.claim("nonce", "n").sign();
    lenient().expect_rejected(&token, invalid).await;
}

#[tokio::test]
async fn a_forged_signature_is_rejected() {
    let forged = TestKey::generate(Algorithm::ES256).with_key_id(default_key().key_id());
    let token = of_key(&forged, &clock()).sign();
    let description = "the logout token's signature is invalid";
    setup().expect_rejected(&token, description).await;
    let unknown = TestKey::generate(Algorithm::ES256);
    let token = of_key(&unknown, &clock()).sign();
    let description = "the logout token's key is not known";
    setup().expect_rejected(&token, description).await;
}

#[tokio::test]
async fn an_unsigned_token_is_rejected() {
    let signed = logout_token().sign();
    let (_, payload, _) = {
        let mut parts = signed.split('.');
        (parts.next(), parts.next().unwrap(), parts.next())
    };
    for alg in ["none", "None", "NONE"] {
        let header = encode(json!({ "alg": alg, "typ": "logout+jwt" }).to_string());
        for signature in ["", "AA"] {
            let answer = setup()
                .log_out(&format!("{header}.{payload}.{signature}"))
                .await;
            assert!(answer.status.is_client_error(), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn the_algorithm_is_one_that_the_issuer_may_use() {
    let issuer = issuer().algorithms([Algorithm::ES256]);
    let setup = super::support::of(builder_for(issuer));
    let secret = TestKey::from_secret(Algorithm::HS256, default_key().der());
    let token = of_key(&secret.with_key_id("ES256"), &clock()).sign();
    let description = "the logout token's algorithm is not allowed";
    setup.expect_rejected(&token, description).await;
}

#[tokio::test]
async fn critical_parameters_and_keys_in_the_header_are_rejected_or_ignored() {
    let description = "the logout token's header asks for an unsupported feature";
    for (name, value) in [
        ("crit", json!(["x"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let token = logout_token().header(name, value).sign();
        setup().expect_rejected(&token, description).await;
    }
    let stranger = TestKey::generate(Algorithm::ES256);
    let token = of_key(&stranger, &clock())
        .header("kid", "ES256")
        .header("jwk", stranger.jwk())
        .header("jku", "https://attacker.example/keys");
    let description = "the logout token's signature is invalid";
    setup().expect_rejected(&token.sign(), description).await;
}

#[tokio::test]
async fn what_is_no_signed_token_is_rejected() {
    for text in ["", ".", "..", "a.b.c", "a.b.c.d.e", "%00", "a b"] {
        let answer = setup().log_out(text).await;
        assert_eq!(answer.status.as_u16(), 400, "{text:?}");
    }
    let long = "a".repeat(60 * 1024);
    let description = "the logout token is too large";
    setup().expect_rejected(&long, description).await;
}
