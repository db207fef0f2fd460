//! Requirement 16, where a header parameter says whom a token is for (RFC 7519 §4.1.3, RFC 7515
//! §4), as `signer` of AWS load balancers does.

use serde_json::{Value, json};
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{
    Audience, ConfigErrorKind, DiagnosisCheck, Error, ErrorKind, Issuer, JwtAuthLayer,
    TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{
    Answer, ISSUER, builder_for, default_key, key_set, payload, send, signed, token,
};

const OURS: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/a/1";

fn issuer_for(audience: Audience) -> Issuer {
    Issuer::from_keys(ISSUER, key_set([default_key()]), audience)
}

fn layer_for(audience: Audience) -> JwtAuthLayer {
    builder_for(issuer_for(audience)).build().unwrap()
}

fn by_signer() -> Audience {
    Audience::header_parameter("signer", [OURS, "another"])
}

fn with(signer: impl Into<Value>) -> TokenBuilder {
    let signer: Value = signer.into();
    token().without_claim("aud").header("signer", signer)
}

#[track_caller]
fn assert_about(answer: &Answer, kind: ErrorKind, name: &str) {
    answer.invalid_token(kind);
    assert_eq!(answer.claim(), Some(name));
}

#[tokio::test]
async fn a_parameter_of_the_header_can_be_compared_in_place_of_aud() {
    let layer = layer_for(by_signer());
    for value in [json!(OURS), json!("another"), json!(["x", OURS])] {
        let answer = send(&layer, &with(value.clone()).sign()).await;
        answer.named(&value).accepted();
    }
    for value in [json!("other"), json!(""), json!([]), json!(["x"])] {
        let answer = send(&layer, &with(value.clone()).sign()).await;
        let answer = answer.named(&value);
        answer.invalid_token(ErrorKind::WrongAudience);
    }
    for value in [json!(null), json!(1), json!({}), json!([[OURS]])] {
        let answer = send(&layer, &with(value.clone()).sign()).await;
        assert_about(&answer.named(&value), ErrorKind::InvalidClaim, "signer");
    }
    let absent = token().without_claim("aud").claim("signer", OURS).sign();
    let answer = send(&layer, &absent).await;
    assert_about(&answer, ErrorKind::MissingClaim, "signer");
}

#[tokio::test]
async fn a_token_for_another_service_is_rejected_where_the_header_is_compared() {
    let layer = layer_for(by_signer());
    let elsewhere = with(OURS).audience("https://other-api.example").sign();
    let answer = send(&layer, &elsewhere).await;
    answer.invalid_token(ErrorKind::WrongAudience);
    let nowhere = with(OURS).audience(json!([])).sign();
    send(&layer, &nowhere).await.accepted();
}

// A header whose bytes are known is not parsed again.
#[tokio::test]
async fn the_header_of_every_token_is_compared_whatever_is_cached() {
    let builder = builder_for(issuer_for(by_signer()));
    let caching = builder.token_cache(TokenCacheSettings::default());
    for layer in [layer_for(by_signer()), caching.build().unwrap()] {
        for _ in 0..3 {
            send(&layer, &with(OURS).sign()).await.accepted();
            let answer = send(&layer, &with("other").sign()).await;
            answer.invalid_token(ErrorKind::WrongAudience);
            let answer = send(&layer, &signed(payload(&[("aud", "")]))).await;
            assert_about(&answer, ErrorKind::MissingClaim, "signer");
        }
    }
}

#[tokio::test]
async fn a_parameter_is_a_condition_besides_every_rule() {
    for rule in [
        by_signer(),
        Audience::claim("client_id", ["web"]),
        Audience::dangerous_any_with_scope("orders"),
    ] {
        let layer = layer_for(rule.and_header_parameter("client", ["web"]));
        let token = with(OURS).claim("client_id", "web").scope("orders");
        let valid = token.clone().header("client", "web").sign();
        send(&layer, &valid).await.accepted();
        let different = token.clone().header("client", "app").sign();
        let answer = send(&layer, &different).await;
        assert_about(&answer, ErrorKind::InvalidClaim, "client");
        let answer = send(&layer, &token.sign()).await;
        assert_about(&answer, ErrorKind::MissingClaim, "client");
    }
}

// Otherwise anyone could change it.
#[tokio::test]
async fn a_header_that_was_changed_after_signing_is_rejected() {
    let layer = layer_for(by_signer());
    let (theirs, ours) = (with("other").sign(), with(OURS).sign());
    let (header, _) = ours.split_once('.').unwrap();
    let (_, rest) = theirs.split_once('.').unwrap();
    let answer = send(&layer, &format!("{header}.{rest}")).await;
    answer.invalid_token(ErrorKind::InvalidSignature);
}

#[tokio::test]
async fn the_diagnosis_names_what_the_header_has_and_should_have() {
    let rule = by_signer().and_header_parameter("client", ["web"]);
    let layer = layer_for(rule);
    for (signer, found) in [(json!("other"), "\"other\""), (json!(7), "a number")] {
        let diagnosis = layer.authenticator().diagnose(&with(signer).sign()).await;
        let is_audience = |check: &&DiagnosisCheck| check.name() == "audience";
        let audience = diagnosis.checks().iter().find(is_audience).unwrap();
        let found = format!("`aud` none, header parameter `signer` {found}");
        assert_eq!(audience.found(), Some(&*found));
        let expected = format!(
            "no `aud` and header parameter `signer` \"{OURS}\", \"another\" and header parameter \
             `client` \"web\""
        );
        assert_eq!(audience.expected(), Some(&*expected));
        let error = diagnosis.error().unwrap();
        assert_eq!(audience.error().map(Error::kind), Some(error.kind()));
    }
    let valid = with(OURS).header("client", "web").sign();
    let diagnosis = layer.authenticator().diagnose(&valid).await;
    assert!(diagnosis.error().is_none(), "{diagnosis}");
}

#[test]
fn a_rule_about_the_header_that_can_not_work_is_a_configuration_error() {
    use ConfigErrorKind::{EmptyAudience, InvalidSetting};
    const NO_VALUES: [&str; 0] = [];
    let no_values = ": must have at least one value, and none may be empty";
    for (rule, kind, text) in [
        (
            Audience::header_parameter("signer", NO_VALUES),
            EmptyAudience,
            format!("\"signer\" is []{no_values}"),
        ),
        (
            by_signer().and_header_parameter("client", [""]),
            EmptyAudience,
            format!("\"client\" is [\"\"]{no_values}"),
        ),
        (
            Audience::header_parameter("", ["a"]),
            EmptyAudience,
            "\"\": its name must not be empty".into(),
        ),
        (
            Audience::header_parameter("kid", ["a"]),
            InvalidSetting,
            "\"kid\" does not say whom a token is for: name another one".into(),
        ),
        (
            Audience::from("a").and_header_parameter("typ", ["JWT"]),
            InvalidSetting,
            "\"typ\" does not say whom a token is for: name another one".into(),
        ),
    ] {
        let error = builder_for(issuer_for(rule)).build().unwrap_err();
        let text = format!("audience of issuer \"{ISSUER}\": header parameter {text}");
        assert_eq!((error.kind(), error.to_string()), (kind, text));
    }
}
