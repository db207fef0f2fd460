//! Requirement 16, where an issuer writes no `aud`, or more is asked for (RFC 7519 §4.1.3).

use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestIssuer, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Audience, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, Answer, ISSUER, builder_for, default_key, key_set, payload, send, signed, token,
};

const CLIENT: &str = "4f5example";

fn issuer_for(audience: impl Into<Audience>) -> Issuer {
    Issuer::from_keys(ISSUER, key_set([default_key()]), audience)
}

fn layer_for(audience: impl Into<Audience>) -> JwtAuthLayer {
    builder_for(issuer_for(audience)).build().unwrap()
}

/// An access token as of an issuer that names the client, and no audience.
fn cognito() -> TokenBuilder {
    token()
        .without_claim("aud")
        .claim("client_id", CLIENT)
        .claim("token_use", "access")
        .scope("orders/read")
}

fn by_client() -> Audience {
    Audience::claim("client_id", [CLIENT, "another"])
}

#[track_caller]
fn assert_about(answer: &Answer, kind: ErrorKind, claim: &str) {
    answer.invalid_token(kind);
    assert_eq!(answer.claim(), Some(claim));
}

#[tokio::test]
async fn a_fetched_issuer_without_aud_is_told_to_compare_client_id() {
    let issuer = TestIssuer::builder().algorithms([Algorithm::RS256]);
    let issuer = issuer.start().await.unwrap();
    let token = issuer.token().without_claim("aud");
    let token = token
        .claim("client_id", CLIENT)
        .claim("token_use", "access");
    let token = token.scope("orders/read").sign();
    let layer_for = |audience| JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), audience);
    let rule = by_client().and_claim("token_use", ["access"]);
    let claims = send(&layer_for(rule).unwrap(), &token).await.accepted();
    assert_eq!(
        (claims.client_id(), claims.audience().count()),
        (Some(CLIENT), 0)
    );
    let default = layer_for(Audience::from(AUDIENCE)).unwrap();
    assert_about(
        &send(&default, &token).await,
        ErrorKind::MissingClaim,
        "aud",
    );
}

#[tokio::test]
async fn another_claim_can_be_compared_in_place_of_aud() {
    for claim in ["client_id", "azp", "cid", "https://claims.example/api"] {
        let layer = layer_for(Audience::claim(claim, [CLIENT, "another"]));
        let with = |value: &Value| cognito().without_claim("client_id").claim(claim, value);
        for value in [json!(CLIENT), json!("another"), json!(["x", CLIENT])] {
            let answer = send(&layer, &with(&value).sign()).await;
            answer.named((claim, &value)).accepted();
        }
        for value in [
            json!("4f5Example"),
            json!("4f5example "),
            json!(""),
            json!([]),
            json!(["x"]),
            json!("4f5example another"),
        ] {
            let answer = send(&layer, &with(&value).sign()).await;
            let answer = answer.named((claim, &value));
            answer.invalid_token(ErrorKind::WrongAudience);
        }
        for value in [
            Value::Null,
            json!(1),
            json!(true),
            json!({}),
            json!([[CLIENT]]),
        ] {
            let answer = send(&layer, &with(&value).sign()).await;
            assert_about(&answer, ErrorKind::InvalidClaim, claim);
        }
        let without = cognito().without_claim("client_id").sign();
        assert_about(
            &send(&layer, &without).await,
            ErrorKind::MissingClaim,
            claim,
        );
    }
}

// RFC 7519 §4.1.3: a token is rejected by all that its `aud` does not name. Otherwise the service
// that it is for could use it here.
#[tokio::test]
async fn a_token_for_another_service_is_rejected_where_another_claim_is_compared() {
    let layer = layer_for(by_client());
    for aud in [
        json!("https://other-api.example"),
        json!(["https://other-api.example", AUDIENCE]),
        json!(CLIENT),
        json!(""),
        json!([""]),
    ] {
        let answer = send(&layer, &cognito().audience(&aud).sign()).await;
        answer.named(&aud).invalid_token(ErrorKind::WrongAudience);
    }
}

#[tokio::test]
async fn an_empty_array_of_audiences_counts_as_absent_only_where_another_rule_holds() {
    let empty = token()
        .audience(json!([]))
        .claim("scp", ["openid"])
        .claim("azp", "0a1b");
    let empty = empty.sign();
    send(&layer_for(Audience::claim("azp", ["0a1b"])), &empty)
        .await
        .accepted();
    send(
        &layer_for(Audience::dangerous_any_with_scope("openid")),
        &empty,
    )
    .await
    .accepted();
    for rule in [
        Audience::from(AUDIENCE),
        Audience::from([AUDIENCE, "b"]).and_claim("azp", ["0a1b"]),
    ] {
        let answer = send(&layer_for(rule), &empty).await;
        assert_about(&answer, ErrorKind::WrongAudience, "aud");
        let described = answer.attribute("error_description");
        assert_eq!(described, Some("the access token names no audience"));
    }
}

#[tokio::test]
async fn an_audience_that_is_null_is_invalid_whatever_the_rule() {
    for rule in [
        Audience::from(AUDIENCE),
        by_client(),
        Audience::dangerous_any_with_scope("orders/read"),
        Audience::dangerous_any_with_claim("token_use", ["access"]),
    ] {
        for aud in [
            json!(null),
            json!([null]),
            json!(1),
            json!({}),
            json!([AUDIENCE, 1]),
        ] {
            let answer = send(&layer_for(rule.clone()), &cognito().audience(&aud).sign()).await;
            assert_about(&answer.named(&aud), ErrorKind::InvalidClaim, "aud");
        }
    }
}

#[tokio::test]
async fn a_condition_holds_besides_every_rule() {
    for rule in [
        Audience::from(AUDIENCE),
        Audience::claim("client_id", [CLIENT]),
        Audience::dangerous_any_with_scope("orders/read"),
        Audience::dangerous_any_with_claim("client_id", [CLIENT]),
    ] {
        let valid = if rule == Audience::from(AUDIENCE) {
            cognito().audience(AUDIENCE)
        } else {
            cognito()
        };
        let layer = layer_for(rule.and_claim("token_use", ["access", "other"]));
        send(&layer, &valid.sign()).await.accepted();
        let different = valid.clone().claim("token_use", "different").sign();
        assert_about(
            &send(&layer, &different).await,
            ErrorKind::InvalidClaim,
            "token_use",
        );
        let absent = valid.without_claim("token_use").sign();
        assert_about(
            &send(&layer, &absent).await,
            ErrorKind::MissingClaim,
            "token_use",
        );
    }
}

#[tokio::test]
async fn all_conditions_must_hold_also_two_about_one_claim() {
    let rule = Audience::from(AUDIENCE)
        .and_claim("groups", ["a", "b"])
        .and_claim("groups", ["c"])
        .and_claim_present("tenant");
    let layer = layer_for(rule);
    let token = |groups: Value| token().claim("groups", groups).claim("tenant", false);
    send(&layer, &token(json!(["c", "b"])).sign())
        .await
        .accepted();
    for groups in [json!(["a", "b"]), json!("c"), json!([])] {
        assert_about(
            &send(&layer, &token(groups).sign()).await,
            ErrorKind::InvalidClaim,
            "groups",
        );
    }
    let valid = token(json!(["a", "c"]));
    let null = valid.clone().claim("tenant", json!(null)).sign();
    assert_about(
        &send(&layer, &null).await,
        ErrorKind::InvalidClaim,
        "tenant",
    );
    let absent = valid.without_claim("tenant").sign();
    assert_about(
        &send(&layer, &absent).await,
        ErrorKind::MissingClaim,
        "tenant",
    );
}

#[tokio::test]
async fn a_token_for_any_service_must_grant_the_scope() {
    let layer = layer_for(Audience::dangerous_any_with_scope("orders/read"));
    for aud in [
        json!([]),
        json!("https://other-api.example"),
        json!(AUDIENCE),
    ] {
        let answer = send(&layer, &cognito().audience(&aud).sign()).await;
        answer.named(&aud).accepted();
    }
    send(&layer, &cognito().sign()).await.accepted();
    for scope in ["", "orders/readx", "orders", "ORDERS/READ"] {
        let answer = send(&layer, &cognito().scope(scope).sign())
            .await
            .named(scope);
        answer.rejected(
            403,
            Some("insufficient_scope"),
            ErrorKind::InsufficientScope,
        );
        assert_eq!(answer.attribute("scope"), Some("orders/read"));
        assert_eq!(answer.claim(), None);
    }
}

#[tokio::test]
async fn the_claims_of_a_rule_may_be_written_with_escapes_and_only_at_the_top() {
    let layer = layer_for(by_client());
    let escaped = payload(&[("aud", ""), ("client\\u005fid", "\"4f5ex\\u0061mple\"")]);
    send(&layer, &signed(escaped)).await.accepted();
    let nested = payload(&[("aud", ""), ("a", "{\"client_id\":\"4f5example\"}")]);
    let answer = send(&layer, &signed(nested)).await;
    assert_about(&answer, ErrorKind::MissingClaim, "client_id");
    let twice = "{\"client_id\":\"4f5example\",\"client\\u005fid\":\"4f5example\",";
    let twice = payload(&[("aud", "")]).replacen('{', twice, 1);
    send(&layer, &signed(twice))
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

#[tokio::test]
async fn each_issuer_has_its_own_rule_also_for_cached_tokens() {
    let issuer = TestIssuer::start().await.unwrap();
    let other = Issuer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE);
    let layer = JwtAuthLayer::builder(issuer_for(by_client()))
        .add_issuer(other)
        .token_cache(TokenCacheSettings::default());
    let layer = layer.clock(crate::support::clock()).build().unwrap();
    let ours = cognito().sign();
    let theirs = issuer.token().clock(&crate::support::clock());
    let without = theirs
        .clone()
        .without_claim("aud")
        .claim("client_id", CLIENT)
        .sign();
    let theirs = theirs.sign();
    for _ in 0..3 {
        send(&layer, &ours).await.accepted();
        send(&layer, &theirs).await.accepted();
        assert_about(
            &send(&layer, &without).await,
            ErrorKind::MissingClaim,
            "aud",
        );
    }
}

#[test]
fn a_rule_that_can_not_work_is_a_configuration_error() {
    use ConfigErrorKind::{EmptyAudience, InvalidSetting};
    const NO_VALUES: [&str; 0] = [];
    let start = format!("audience of issuer \"{ISSUER}\"");
    for (rule, kind, text) in [
        (
            Audience::from(NO_VALUES),
            EmptyAudience,
            " is []: must name at least one audience, and none may be empty",
        ),
        (
            Audience::claim("azp", NO_VALUES),
            EmptyAudience,
            ": claim \"azp\" is []: must have at least one value, and none may be empty",
        ),
        (
            Audience::claim("azp", ["a", ""]),
            EmptyAudience,
            ": claim \"azp\" is [\"a\", \"\"]: must have at least one value, and none may be empty",
        ),
        (
            Audience::claim("", ["a"]),
            EmptyAudience,
            ": claim \"\": its name must not be empty",
        ),
        (
            Audience::from("a").and_claim_present(""),
            EmptyAudience,
            ": claim \"\": its name must not be empty",
        ),
        (
            Audience::from("a").and_claim("azp", NO_VALUES),
            EmptyAudience,
            ": claim \"azp\" is []: must have at least one value, and none may be empty",
        ),
        (
            Audience::dangerous_any_with_claim("a", [""]),
            EmptyAudience,
            ": claim \"a\" is [\"\"]: must have at least one value, and none may be empty",
        ),
        (
            Audience::claim("aud", ["a"]),
            InvalidSetting,
            ": claim \"aud\" is compared by Audience::from: use that",
        ),
        (
            Audience::claim("azp", ["a"]).and_claim_present("aud"),
            InvalidSetting,
            ": claim \"aud\" is compared by Audience::from: use that",
        ),
        (
            Audience::dangerous_any_with_claim("iss", [ISSUER]),
            InvalidSetting,
            ": claim \"iss\" does not say whom a token is for: name another one",
        ),
        (
            Audience::claim("cl\u{1b}[31m", ["a"]),
            InvalidSetting,
            ": claim \"cl\\u{1b}[31m\": must not contain control characters",
        ),
        (
            Audience::from("a").and_claim_present("a\nb"),
            InvalidSetting,
            ": claim \"a\\nb\": must not contain control characters",
        ),
        (
            Audience::header_parameter("a\tb", ["a"]),
            InvalidSetting,
            ": header parameter \"a\\tb\": must not contain control characters",
        ),
        (
            Audience::claim("exp", ["1"]),
            InvalidSetting,
            ": claim \"exp\" does not say whom a token is for: name another one",
        ),
        (
            Audience::claim("scope", ["a"]),
            InvalidSetting,
            ": claim \"scope\" has scopes: use and_scope or dangerous_any_with_scope, which read them one by one",
        ),
    ] {
        let error = builder_for(issuer_for(rule)).build().unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (kind, format!("{start}{text}"))
        );
    }
    for scope in ["", "a b", "\u{e9}"] {
        for rule in [
            Audience::dangerous_any_with_scope(scope),
            Audience::from("a").and_scope(scope),
        ] {
            let error = builder_for(issuer_for(rule)).build().unwrap_err();
            assert_eq!(error.kind(), InvalidSetting);
            assert!(
                error.to_string().starts_with(&format!("scope {scope:?}: ")),
                "{error}"
            );
        }
    }
}
