//! The claims of a logout token (§2.4, §2.6).

use std::time::Duration;

use serde_json::{Value, json};
use tower_jwt_auth::testing::TokenBuilder;

use super::support::{CLIENT, EVENT, access_token, logout_token, setup};
use crate::support::tokio;
use crate::support::{ISSUER, NOW, at, builder, clock};

#[tokio::test]
async fn a_valid_token_is_accepted_with_sub_with_sid_and_with_both() {
    for token in [
        logout_token(),
        logout_token().without_claim("sub"),
        logout_token().without_claim("sid"),
    ] {
        let setup = setup();
        setup.log_out(&token.sign()).await.expect_logged_out();
    }
}

#[tokio::test]
async fn a_claim_that_is_not_understood_is_ignored() {
    let token = logout_token().claim("trace_id", json!({ "a": [1] }));
    setup().log_out(&token.sign()).await.expect_logged_out();
}

#[tokio::test]
async fn a_token_that_lacks_a_claim_is_rejected() {
    let missing = "the logout token lacks a required claim";
    for claim in ["iat", "events", "jti", "aud"] {
        let token = logout_token().without_claim(claim).sign();
        let description = format!("{missing}: {claim}");
        setup().expect_rejected(&token, &description).await;
    }
    let neither = logout_token().without_claim("sub").without_claim("sid");
    let description = format!("{missing}: sub");
    setup().expect_rejected(&neither.sign(), &description).await;
}

#[tokio::test]
async fn a_token_without_iss_is_rejected_also_if_access_tokens_may_omit_it() {
    let token = logout_token().without_claim("iss").sign();
    let issuer = crate::support::issuer().allow_missing_issuer();
    for setup in [
        setup(),
        super::support::of(crate::support::builder_for(issuer)),
    ] {
        let description = "the logout token lacks a required claim: iss";
        setup.expect_rejected(&token, description).await;
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_or_for_another_client_is_rejected() {
    let other = logout_token().issuer("https://other.example").sign();
    let description = "the logout token's issuer is not trusted";
    setup().expect_rejected(&other, description).await;
    let description = "the logout token is meant for another audience";
    for aud in [
        json!("other-client"),
        json!(["other-client", "one-more"]),
        json!(crate::support::AUDIENCE),
        json!(CLIENT.to_uppercase()),
    ] {
        let token = logout_token().audience(&aud).sign();
        setup().expect_rejected(&token, description).await;
    }
    let several = logout_token().audience(["other-client", CLIENT]);
    setup().log_out(&several.sign()).await.expect_logged_out();
}

#[tokio::test]
async fn events_must_be_an_object_with_an_object_for_the_log_out() {
    let description = "a claim of the logout token is invalid: events";
    for events in [
        json!({}),
        json!([]),
        json!([{ EVENT: {} }]),
        json!(EVENT),
        json!([EVENT]),
        json!(true),
        json!({ EVENT: null }),
        json!({ EVENT: true }),
        json!({ EVENT: "" }),
        json!({ EVENT: [] }),
        json!({ EVENT: [{}] }),
        json!({ EVENT.to_uppercase(): {} }),
        json!({ format!("{EVENT}/"): {} }),
        json!({ "https://schemas.openid.net/event/backchannel-logout": {} }),
        json!({ "https://schemas.openid.net/secevent/caep/event-type/session-revoked": {} }),
        json!({ "x": { EVENT: {} } }),
    ] {
        let token = logout_token().claim("events", &events).sign();
        setup().expect_rejected(&token, description).await;
    }
    for events in [
        json!({ EVENT: { "reason": "x" } }),
        json!({ EVENT: {}, "https://example.com/other": [] }),
    ] {
        let token = logout_token().claim("events", events).sign();
        setup().log_out(&token).await.expect_logged_out();
    }
}

#[tokio::test]
async fn a_token_with_nonce_is_rejected_whatever_its_value() {
    for nonce in [
        json!("n-0S6_WzA2Mj"),
        json!(""),
        json!(1),
        json!(null),
        json!([]),
    ] {
        let token = logout_token().claim("nonce", nonce).sign();
        let description = "a claim of the logout token is invalid: nonce";
        setup().expect_rejected(&token, description).await;
    }
}

#[tokio::test]
async fn ids_of_another_type_and_empty_ones_are_rejected() {
    for (claim, value) in [
        ("sub", json!(1)),
        ("sub", json!("")),
        ("sub", json!(null)),
        ("sid", json!(1)),
        ("sid", json!("")),
        ("sid", json!(["session"])),
        ("sid", json!(null)),
        ("jti", json!(1)),
        ("jti", json!(null)),
        ("iat", json!("1800000000")),
        ("exp", json!("1800000000")),
    ] {
        let token = logout_token().claim(claim, value).sign();
        let description = format!("a claim of the logout token is invalid: {claim}");
        setup().expect_rejected(&token, &description).await;
    }
}

/// Sends the token when it is so many seconds old.
async fn is_accepted(token: &TokenBuilder, age: u64) -> bool {
    let clock = clock();
    clock.set(at(NOW + age));
    let setup = super::support::of(builder().clock(clock).leeway(Duration::ZERO));
    setup.log_out(&token.sign()).await.status.is_success()
}

#[tokio::test]
async fn a_token_is_rejected_when_it_is_too_old_or_has_expired() {
    let long = logout_token().expires_in(Duration::from_secs(3600));
    assert!(is_accepted(&long, 299).await && !is_accepted(&long, 300).await);
    let short = logout_token().expires_in(Duration::from_secs(60));
    assert!(is_accepted(&short, 59).await && !is_accepted(&short, 60).await);
    let without_exp = logout_token().without_claim("exp");
    assert!(is_accepted(&without_exp, 299).await && !is_accepted(&without_exp, 300).await);
}

#[tokio::test]
async fn a_token_from_the_future_is_rejected() {
    let within_leeway = logout_token().issued_at(at(NOW + 60)).sign();
    setup().log_out(&within_leeway).await.expect_logged_out();
    let later = logout_token().issued_at(at(NOW + 61)).sign();
    let description = "the logout token is not yet valid: iat";
    setup().expect_rejected(&later, description).await;
}

#[tokio::test]
async fn other_tokens_of_the_issuer_are_no_logout_tokens() {
    let id_token = logout_token()
        .without_claim("events")
        .claim("nonce", "n")
        .claim("at_hash", "x");
    let access = access_token().audience(CLIENT);
    let untyped = |token: TokenBuilder| token.without_header("typ");
    for (token, description) in [
        (access.clone(), "the token's type is not allowed"),
        (
            access.clone().header("typ", "at+jwt"),
            "the token's type is not allowed",
        ),
        (
            id_token.clone().header("typ", "JWT"),
            "the token's type is not allowed",
        ),
        (untyped(id_token.clone()), "the token's type is not allowed"),
        (
            access.header("typ", "dpop+jwt").claim("htm", "POST"),
            "the token's type is not allowed",
        ),
        (id_token, "the logout token lacks a required claim: events"),
    ] {
        setup().expect_rejected(&token.sign(), description).await;
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_client_is_rejected() {
    let bound = logout_token().bound_to_certificate(b"certificate").sign();
    let answer = setup().log_out(&bound).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
}

#[tokio::test]
async fn duplicate_members_are_rejected() {
    let payload = format!(
        r#"{{"iss":"{ISSUER}","sub":"alice","aud":"{CLIENT}","iat":{NOW},"jti":"1","events":{{"{EVENT}":{{}}}},"events":{{"{EVENT}":{{}}}}}}"#
    );
    let header = r#"{"alg":"ES256","kid":"ES256","typ":"logout+jwt"}"#;
    let key = crate::support::default_key();
    let twice = key.sign_raw(header, payload.as_bytes());
    setup()
        .expect_rejected(&twice, "the logout token is malformed")
        .await;
    let inner = payload.replacen(r#","events":{"http"#, r#","x":{"a":1,"a":2},"http"#, 1);
    let token = key.sign_raw(header, inner.as_bytes());
    setup()
        .expect_rejected(&token, "the logout token is malformed")
        .await;
    let once: Value = serde_json::from_str(&payload).unwrap();
    let once = key.sign_raw(header, once.to_string().as_bytes());
    setup().log_out(&once).await.expect_logged_out();
}
