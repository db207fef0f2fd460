//! Which tokens are introspected: their form and the configuration decide, and never both ways for
//! one token.

use serde_json::json;
use tower_jwt_auth::{ErrorKind, IntrospectionSettings, Issuer, JwtAuthLayer};

use super::endpoint::{Endpoint, URL, active};
use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, ask, bearer, builder_for, default_key, encode, issuer as issuer_with_keys,
    key_set, token,
};

const OPAQUE_ISSUER: &str = "https://opaque.example";

fn opaque(endpoint: &Endpoint, settings: IntrospectionSettings) -> Issuer {
    let credentials = Endpoint::credentials();
    Issuer::introspection(OPAQUE_ISSUER, URL, credentials, AUDIENCE)
        .http_client(endpoint.client())
        .introspection_settings(settings)
}

/// Returns a layer with an issuer with keys, and one that is introspected.
fn both(endpoint: &Endpoint, settings: IntrospectionSettings) -> JwtAuthLayer {
    let builder = builder_for(issuer_with_keys());
    builder
        .add_issuer(opaque(endpoint, settings))
        .build()
        .unwrap()
}

fn endpoint() -> Endpoint {
    Endpoint::answering(active(json!({"iss": OPAQUE_ISSUER})))
}

fn jwt_of(issuer: &str) -> String {
    token().issuer(issuer).sign()
}

// 1
#[tokio::test(start_paused = true)]
async fn opaque_tokens_are_introspected_and_jwts_are_verified_with_keys() {
    let endpoint = endpoint();
    let layer = both(&endpoint, IntrospectionSettings::default());
    let claims = ask(&layer, bearer(&token().sign())).await.accepted();
    assert_eq!(claims.issuer(), ISSUER);
    assert_eq!(endpoint.questions(), 0);
    for opaque in [
        "mF_9.B5f-4.1JqM.x",
        "opaque",
        "two.parts",
        "a.b.c.d.e",
        "v1.a~.b",
        "a+b.c.d",
    ] {
        let claims = ask(&layer, bearer(opaque)).await.named(opaque).accepted();
        assert_eq!(claims.issuer(), OPAQUE_ISSUER);
    }
    assert_eq!(endpoint.questions(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_jwt_that_fails_has_no_second_chance_by_introspection() {
    let endpoint = endpoint();
    let layer = both(&endpoint, IntrospectionSettings::default());
    let valid = token().sign();
    let (message, _) = valid.rsplit_once('.').unwrap();
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode("{}"));
    for (token, expected) in [
        (
            format!("{message}.{}", encode([0; 64])),
            ErrorKind::InvalidSignature,
        ),
        (format!("{message}."), ErrorKind::MalformedToken),
        (unsigned, ErrorKind::MalformedToken),
        ("a.b.c".to_owned(), ErrorKind::MalformedToken),
        (jwt_of("https://unknown.example"), ErrorKind::UnknownIssuer),
        // The introspected issuer has no keys, so no JWT is its.
        (jwt_of(OPAQUE_ISSUER), ErrorKind::AlgorithmNotAllowed),
    ] {
        let answer = ask(&layer, bearer(&token)).await;
        assert_eq!(answer.kind(), Some(expected), "{token}");
    }
    assert_eq!(endpoint.questions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_active_is_not_verified_with_keys() {
    let endpoint = Endpoint::answering(r#"{"active":false}"#);
    // The keys would verify it.
    let keys = Issuer::from_keys(OPAQUE_ISSUER, key_set([default_key()]), AUDIENCE);
    let jwt = jwt_of(OPAQUE_ISSUER);
    let with_keys = builder_for(keys).build().unwrap();
    ask(&with_keys, bearer(&jwt)).await.accepted();
    let layer = both(
        &endpoint,
        IntrospectionSettings::default().introspect_jwts(),
    );
    ask(&layer, bearer(&jwt))
        .await
        .invalid_token(ErrorKind::Inactive);
    assert_eq!(endpoint.questions(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_tokens_of_the_issuer_are_introspected_if_that_is_set() {
    let endpoint = endpoint();
    let layer = both(
        &endpoint,
        IntrospectionSettings::default().introspect_jwts(),
    );
    for token in [jwt_of(OPAQUE_ISSUER), "opaque".to_owned()] {
        let claims = ask(&layer, bearer(&token)).await.accepted();
        assert_eq!((claims.issuer(), claims.algorithm()), (OPAQUE_ISSUER, None));
    }
    assert_eq!(endpoint.questions(), 2);
    // Those of other issuers are not.
    let claims = ask(&layer, bearer(&token().sign())).await.accepted();
    assert_eq!(claims.issuer(), ISSUER);
    for other in [jwt_of("https://unknown.example"), "a.b.c".to_owned()] {
        assert!(ask(&layer, bearer(&other)).await.kind().is_some());
    }
    assert_eq!(endpoint.questions(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_only_issuer_is_asked_about_any_token_if_that_is_set() {
    let endpoint = endpoint();
    let issuer = opaque(
        &endpoint,
        IntrospectionSettings::default().introspect_jwts(),
    );
    let layer = builder_for(issuer).build().unwrap();
    for token in [
        "v1.local.looks-like-a-jwt",
        "opaque",
        &jwt_of("https://any.example"),
    ] {
        ask(&layer, bearer(token)).await.named(token).accepted();
    }
    let default = builder_for(opaque(&endpoint, IntrospectionSettings::default()));
    let layer = default.build().unwrap();
    assert!(
        ask(&layer, bearer("v1.local.looks-like-a-jwt"))
            .await
            .kind()
            .is_some()
    );
    assert_eq!(endpoint.questions(), 3);
}

// 11: another JWT of the issuer than an access token.
#[tokio::test(start_paused = true)]
async fn a_signed_response_is_no_access_token() {
    let endpoint = endpoint();
    let response = |issuer: &str| {
        let token = token().issuer(issuer);
        token.header("typ", json!("token-introspection+jwt")).sign()
    };
    let layer = both(
        &endpoint,
        IntrospectionSettings::default().introspect_jwts(),
    );
    for issuer in [ISSUER, OPAQUE_ISSUER] {
        let answer = ask(&layer, bearer(&response(issuer))).await;
        answer.invalid_token(ErrorKind::WrongTokenType);
    }
    let default = both(&endpoint, IntrospectionSettings::default());
    let answer = ask(&default, bearer(&response(ISSUER))).await;
    answer.invalid_token(ErrorKind::WrongTokenType);
    assert_eq!(endpoint.questions(), 0);
}

// 9: the form is checked first.
#[tokio::test(start_paused = true)]
async fn tokens_of_another_form_cause_no_question() {
    let endpoint = endpoint();
    let settings = IntrospectionSettings::default()
        .token_prefix("ory_at_")
        .token_len(20..=40);
    let layer = both(&endpoint, settings);
    for token in [
        "other_token_0123456789",
        "ory_at_short",
        &format!("ory_at_{}", "x".repeat(40)),
    ] {
        let answer = ask(&layer, bearer(token)).await.named(token);
        answer.invalid_token(ErrorKind::MalformedToken);
    }
    let too_long = "x".repeat(100_000);
    assert!(ask(&layer, bearer(&too_long)).await.kind().is_some());
    assert_eq!(endpoint.questions(), 0);
    ask(&layer, bearer("ory_at_01234567890123456789"))
        .await
        .accepted();
    assert_eq!(endpoint.questions(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_several_introspected_issuers_the_prefix_says_which_one_is_asked() {
    let named = |name: &str| Endpoint::answering(active(json!({"iss": name})));
    let (one, two) = ("https://one.example", "https://two.example");
    let (at_one, at_two) = (named(one), named(two));
    let issuer = |name: &str, endpoint: &Endpoint, settings: IntrospectionSettings| {
        Issuer::introspection(name, URL, Endpoint::credentials(), AUDIENCE)
            .http_client(endpoint.client())
            .introspection_settings(settings)
    };
    let prefixed = IntrospectionSettings::default().token_prefix("one_");
    let builder = builder_for(issuer(two, &at_two, IntrospectionSettings::default()));
    let layer = builder
        .add_issuer(issuer(one, &at_one, prefixed))
        .build()
        .unwrap();
    let claims = ask(&layer, bearer("one_token")).await.accepted();
    assert_eq!((claims.issuer(), at_two.questions()), (one, 0));
    let claims = ask(&layer, bearer("token_of_two")).await.accepted();
    assert_eq!((claims.issuer(), at_one.questions()), (two, 1));
    // An answer that names the other issuer is none of this one's.
    at_two.answer(active(json!({"iss": one})));
    let answer = ask(&layer, bearer("another")).await;
    answer.invalid_token(ErrorKind::UnknownIssuer);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_issuers_applies_at_once_also_to_cached_answers() {
    let endpoint = endpoint();
    let layer = both(&endpoint, IntrospectionSettings::default());
    ask(&layer, bearer("opaque")).await.accepted();
    assert!(layer.issuers().remove(OPAQUE_ISSUER));
    let answer = ask(&layer, bearer("opaque")).await;
    answer.invalid_token(ErrorKind::MalformedToken);
    layer
        .issuers()
        .add(opaque(&endpoint, IntrospectionSettings::default()))
        .unwrap();
    ask(&layer, bearer("opaque")).await.accepted();
    assert_eq!(endpoint.questions(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_a_removed_issuer_is_rejected() {
    let endpoint = endpoint();
    endpoint.delay(std::time::Duration::from_secs(1));
    let layer = both(&endpoint, IntrospectionSettings::default());
    let waiting = {
        let layer = layer.clone();
        tokio::spawn(async move { ask(&layer, bearer("opaque")).await.kind() })
    };
    tokio::task::yield_now().await;
    assert!(layer.issuers().remove(OPAQUE_ISSUER));
    assert_eq!(waiting.await.unwrap(), Some(ErrorKind::MalformedToken));
}
