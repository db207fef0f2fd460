//! Signed responses (RFC 9701).

use std::time::Duration;

use serde_json::{Value, json};
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{Algorithm, ErrorKind, IntrospectionSettings, Issuer, JwtAuthLayer};

use super::endpoint::{Endpoint, active};
use crate::support::tokio;
use crate::support::{ISSUER, NOW, ask, at, bearer, default_key, encode, key, key_set, token};

const CLIENT: &str = "me";
const MEDIA_TYPE: &str = "application/token-introspection+jwt";
const TYPE: &str = "token-introspection+jwt";

fn response_with(answer: Value) -> TokenBuilder {
    let response = token().audience(CLIENT).header("typ", TYPE);
    let response = response.without_claim("exp").without_claim("sub");
    response.claim("token_introspection", answer)
}

fn response() -> TokenBuilder {
    response_with(active(json!({})))
}

fn endpoint(response: impl ToString) -> Endpoint {
    let endpoint = Endpoint::answering(response);
    endpoint.header("content-type", MEDIA_TYPE);
    endpoint
}

fn layer(endpoint: &Endpoint) -> JwtAuthLayer {
    let signer = Issuer::from_keys(ISSUER, key_set([default_key()]), CLIENT);
    endpoint.layer_with(IntrospectionSettings::default().signed_responses(signer))
}

async fn kind(endpoint: &Endpoint) -> Option<ErrorKind> {
    ask(&layer(endpoint), bearer("token")).await.kind()
}

// 10
#[tokio::test(start_paused = true)]
async fn a_signed_response_is_asked_for_and_its_answer_is_used() {
    let endpoint = endpoint(response().sign());
    let layer = layer(&endpoint);
    for _ in 0..2 {
        let claims = ask(&layer, bearer("token")).await.accepted();
        assert_eq!(
            (claims.subject(), claims.algorithm()),
            (Some("alice"), None)
        );
        assert_eq!(claims.expires_at(), at(NOW + 300));
        assert_eq!(claims.get("token_introspection"), None);
    }
    let asked = endpoint.asked();
    assert_eq!(
        (asked.len(), &asked[0].headers["accept"]),
        (1, &MEDIA_TYPE.parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn the_answer_in_a_signed_response_is_checked_as_any_other() {
    for (answer, expected) in [
        (json!({"active": false}), ErrorKind::Inactive),
        (active(json!({"active": "true"})), ErrorKind::Inactive),
        (active(json!({"exp": NOW - 100})), ErrorKind::Expired),
        (active(json!({"aud": CLIENT})), ErrorKind::WrongAudience),
        (json!([]), ErrorKind::IntrospectionUnavailable),
        (json!("x"), ErrorKind::IntrospectionUnavailable),
    ] {
        let endpoint = endpoint(response_with(answer.clone()).sign());
        assert_eq!(kind(&endpoint).await, Some(expected), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_signed_response_is_503() {
    let valid = response().sign();
    let (message, _) = valid.rsplit_once('.').unwrap();
    let header = encode(json!({"alg": "none", "typ": TYPE}).to_string());
    let payload = valid.split('.').nth(1).unwrap();
    let other_key = key(Algorithm::RS256);
    let long_ago = at(NOW - 361);
    for (case, response) in [
        ("typ", response().header("typ", "JWT").sign()),
        ("access token", response().header("typ", "at+jwt").sign()),
        ("no typ", response().without_header("typ").sign()),
        ("signature", format!("{message}.{}", encode([0; 64]))),
        ("unsigned", format!("{header}.{payload}.")),
        ("key", response().key(other_key).sign()),
        ("iss", response().issuer("https://other.example").sign()),
        ("no iss", response().without_claim("iss").sign()),
        ("aud", response().audience("another").sign()),
        ("no aud", response().without_claim("aud").sign()),
        ("no iat", response().without_claim("iat").sign()),
        ("old", response().claim("iat", NOW - 361).sign()),
        ("early", response().claim("iat", NOW + 61).sign()),
        (
            "expired",
            response()
                .issued_at(long_ago)
                .claim("iat", NOW)
                .claim("exp", NOW - 100)
                .sign(),
        ),
        (
            "no answer",
            response().without_claim("token_introspection").sign(),
        ),
        ("JSON", active(json!({})).to_string()),
        ("empty", String::new()),
    ] {
        let endpoint = endpoint(response);
        let kind = kind(&endpoint).await;
        assert_eq!(kind, Some(ErrorKind::IntrospectionUnavailable), "{case}");
    }
    for response in [
        response().claim("iat", NOW - 359).sign(),
        response().claim("exp", NOW + 5).sign(),
        response()
            .header("typ", "application/Token-Introspection+JWT")
            .sign(),
    ] {
        assert_eq!(kind(&endpoint(response)).await, None);
    }
}

// Plain JSON where a signed response is required, and the reverse.
#[tokio::test(start_paused = true)]
async fn the_media_type_must_be_the_one_that_was_asked_for() {
    for media_type in ["application/json", "application/jwt", ""] {
        let endpoint = endpoint(response().sign());
        endpoint.header("content-type", media_type);
        let kind = kind(&endpoint).await;
        assert_eq!(
            kind,
            Some(ErrorKind::IntrospectionUnavailable),
            "{media_type}"
        );
    }
    let parameters = endpoint(response().sign());
    parameters.header(
        "content-type",
        "Application/Token-Introspection+JWT; charset=utf-8",
    );
    assert_eq!(kind(&parameters).await, None);
    let json_layer = endpoint(response().sign()).layer();
    let answer = ask(&json_layer, bearer("token")).await;
    assert_eq!(answer.kind(), Some(ErrorKind::IntrospectionUnavailable));
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_signed_responses_are_fetched_and_rotate() {
    let jwks = "https://issuer.example/jwks";
    let endpoint = endpoint(response().sign());
    let publish = |key| endpoint.page(jwks, json!({"keys": [key]}));
    publish(default_key().jwk());
    let signer = Issuer::jwks(ISSUER, jwks, CLIENT).http_client(endpoint.client());
    let layer = endpoint.layer_with(IntrospectionSettings::default().signed_responses(signer));
    layer.authenticator().prefetch().await.unwrap();
    ask(&layer, bearer("one")).await.accepted();
    publish(key(Algorithm::ES384).jwk());
    endpoint.answer(response().key(key(Algorithm::ES384)).sign());
    tokio::time::sleep(Duration::from_secs(31)).await;
    ask(&layer, bearer("two")).await.accepted();
}
