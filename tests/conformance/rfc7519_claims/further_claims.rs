//! The other claims that have a method of their own, and claims as values.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::json;
use tower_jwt_auth::{Claims, ErrorKind, JsonClaims, MissingClaims};

use crate::support::{builder, builder_for, issuer, layer, payload, send, signed, token, tokio};

/// A SHA-256 thumbprint, in base64url (RFC 7638 §3.1).
const THUMBPRINT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

async fn claims(changes: &[(&str, &str)]) -> Claims {
    send(&layer(), &signed(payload(changes))).await.accepted()
}

#[tokio::test]
async fn the_claims_of_openid_connect_and_oauth_have_methods() {
    let claims = claims(&[
        ("client_id", "\"web\""),
        ("azp", "\"party\""),
        ("sid", "\"session\""),
        ("acr", "\"silver\""),
        ("auth_time", "1700000000"),
        ("nonce", "\"n-0S6\""),
    ])
    .await;
    assert_eq!(claims.client_id(), Some("web"));
    assert_eq!(claims.authorized_party(), Some("party"));
    assert_eq!(claims.session_id(), Some("session"));
    assert_eq!(claims.authentication_context_class(), Some("silver"));
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert_eq!(claims.authenticated_at(), Some(time));
    assert_eq!(claims.nonce(), Some("n-0S6"));
}

// RFC 7800 §3.1, RFC 9449 §6.1, RFC 8705 §3.1.
#[tokio::test]
async fn the_thumbprints_of_a_confirmation_have_methods() {
    let layer = builder_for(issuer().dangerous_accept_bound_as_bearer())
        .build()
        .unwrap();
    let claims = async |cnf: &str| {
        let token = signed(payload(&[("cnf", cnf)]));
        send(&layer, &token).await.accepted()
    };
    let key = json!({"jkt": THUMBPRINT}).to_string();
    let claims_of_key: Claims = claims(&key).await;
    assert_eq!(claims_of_key.key_thumbprint(), Some(THUMBPRINT));
    assert_eq!(claims_of_key.certificate_thumbprint(), None);
    let certificate = json!({"x5t#S256": THUMBPRINT}).to_string();
    let claims_of_certificate = claims(&certificate).await;
    assert_eq!(claims_of_certificate.key_thumbprint(), None);
    let found = claims_of_certificate.certificate_thumbprint();
    assert_eq!(found, Some(THUMBPRINT));
}

#[tokio::test]
async fn a_thumbprint_of_another_length_or_alphabet_is_invalid() {
    let long = format!("{THUMBPRINT}A");
    let standard = THUMBPRINT.replace(['-', '_'], "+");
    for wrong in [&long, &standard, &THUMBPRINT[1..], ""] {
        for member in ["jkt", "x5t#S256"] {
            let cnf = json!({ member: wrong }).to_string();
            let answer = send(&layer(), &signed(payload(&[("cnf", &cnf)]))).await;
            answer
                .named((member, wrong))
                .invalid_token(ErrorKind::InvalidClaim);
        }
    }
}

// RFC 8417 §2.2: such a token reports an event, and is no credential.
#[tokio::test]
async fn a_security_event_is_not_an_access_token() {
    for events in [
        "{}",
        "{\"https://schemas.openid.net/event\":{}}",
        "null",
        "1",
    ] {
        let answer = send(&layer(), &signed(payload(&[("events", events)]))).await;
        answer
            .named(events)
            .invalid_token(ErrorKind::WrongTokenType);
    }
}

#[derive(Deserialize)]
struct Tenant {
    tenant: String,
    #[serde(flatten)]
    others: JsonClaims,
}

#[tokio::test]
async fn json_claims_are_equal_if_their_values_are_and_may_be_a_part_of_your_type() {
    let (one, same) = (
        claims(&[("x", "[1,2]")]).await,
        claims(&[("x", "[1, 2]")]).await,
    );
    let other = claims(&[("x", "[2,1]")]).await;
    assert_eq!(one.custom(), same.custom());
    assert_ne!(one.custom(), other.custom());
    assert_eq!(one.get("x"), Some(&json!([1, 2])));

    let layer = builder().claims::<Tenant>().build().unwrap();
    let token = token().claim("tenant", "acme").claim("plan", "free").sign();
    let claims = send(&layer, &token).await.accepted();
    assert_eq!(claims.custom().tenant, "acme");
    assert_eq!(claims.custom().others.get("plan"), Some(&json!("free")));
    assert_eq!(claims.custom().others.get("tenant"), None);
}

// A scope that a handler makes of the request: it must not get into the challenge.
#[tokio::test]
async fn a_required_scope_that_is_none_is_not_shown() {
    let claims = claims(&[]).await;
    let error = claims
        .require_scopes(&["tenant:1", "x\", realm=\"y"])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InsufficientScope);
    assert_eq!(error.required_scope(), None);
    let error = claims.require_scopes(&["tenant:1", "read"]).unwrap_err();
    assert_eq!(error.required_scope(), Some("tenant:1 read"));
}

#[test]
fn missing_claims_say_why() {
    assert_eq!(
        MissingClaims::Unauthenticated.to_string(),
        "no access token was given, or the request is exempt from authentication"
    );
    assert!(MissingClaims::NoLayer.to_string().contains("JwtAuthLayer"));
}
