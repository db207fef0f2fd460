//! The warnings about an issuer whose tokens are accepted for other services, or from any client
//! that has them.

use tower_jwt_auth::{Audience, Issuer, JwtAuthLayer, Tenants};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, public_key};
use crate::{TURN, capture, text};

fn build(audience: Audience) {
    capture();
    let issuer = Issuer::from_keys(ISSUER, public_key(), audience);
    let _ = JwtAuthLayer::builder(issuer).build().unwrap();
}

#[tokio::test]
async fn a_layer_that_does_not_check_the_audience_is_warned_about_once() {
    let _turn = TURN.lock().await;
    for any in [
        Audience::dangerous_any_with_scope("orders:read"),
        Audience::dangerous_any_with_claim("token_use", ["access"]),
    ] {
        build(any);
        let text = text();
        assert_eq!(text.matches("WARN").count(), 1, "{text}");
        assert!(text.contains(ISSUER), "{text}");
        let what = "the audience of this issuer's tokens is not checked";
        assert!(text.contains(what), "{text}");
    }
}

#[tokio::test]
async fn an_issuer_with_tenants_is_warned_about_once() {
    let _turn = TURN.lock().await;
    let pattern = "https://login.example/{tenant}";
    for keys in [
        "https://login.example/keys",
        "https://login.example/{tenant}/keys",
    ] {
        capture();
        let issuer = Issuer::jwks(
            pattern,
            keys,
            Audience::dangerous_any_with_scope("orders:read"),
        )
        .tenants(Tenants::only(["a", "b"]));
        let _ = JwtAuthLayer::builder(issuer).build().unwrap();
        let text = text();
        assert_eq!(text.matches("WARN").count(), 1, "{text}");
        assert!(text.contains(pattern), "{text}");
    }
}

#[tokio::test]
async fn no_other_rule_is_warned_about() {
    let _turn = TURN.lock().await;
    for rule in [
        Audience::from(AUDIENCE).and_scope("orders:read"),
        Audience::claim("client_id", ["client"]).and_claim_present("sub"),
    ] {
        build(rule);
        assert_eq!(text(), "");
    }
}

#[tokio::test]
async fn bound_tokens_that_count_as_bearer_tokens_are_warned_about_once() {
    let _turn = TURN.lock().await;
    capture();
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    let _ = JwtAuthLayer::builder(issuer.dangerous_accept_bound_as_bearer())
        .build()
        .unwrap();
    let text = text();
    assert_eq!(text.matches("WARN").count(), 1, "{text}");
    assert!(
        text.contains(ISSUER) && text.contains("dangerous_accept_bound_as_bearer"),
        "{text}"
    );
}
