//! Requirement 18: `typ`, and access tokens of RFC 9068 (RFC 8725 §3.11).

use serde_json::{Value, json};
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthLayer, TokenType};

use crate::support::tokio;
use crate::support::{builder, layer, payload, send, token};

const OTHERS: [&str; 15] = [
    "dpop+jwt",
    "logout+jwt",
    "secevent+jwt",
    "id+jwt",
    "id_token+jwt",
    "oauth-authz-req+jwt",
    "token-introspection+jwt",
    "application/logout+jwt",
    "jws",
    "JOSE",
    "jwt+at",
    "at+jwt2",
    "text/jwt",
    "application/application/jwt",
    "",
];

async fn type_of(typ: &str) -> TokenType {
    send(&layer(), &token().header("typ", typ).sign())
        .await
        .named(typ)
        .accepted()
        .token_type()
        .clone()
}

#[tokio::test]
async fn a_token_may_have_no_type_or_that_of_a_jwt_or_an_access_token() {
    let untyped = send(&layer(), &token().without_header("typ").sign())
        .await
        .accepted();
    assert_eq!(untyped.token_type(), &TokenType::Unspecified);
    for typ in ["JWT", "jwt", "Jwt", "application/jwt", "APPLICATION/JWT"] {
        assert_eq!(type_of(typ).await, TokenType::Jwt, "{typ}");
    }
    for typ in [
        "at+jwt",
        "AT+JWT",
        "at+JWT",
        "application/at+jwt",
        "Application/At+Jwt",
    ] {
        assert_eq!(type_of(typ).await, TokenType::AccessToken, "{typ}");
    }
}

#[tokio::test]
async fn another_type_is_rejected_by_default() {
    for typ in OTHERS {
        let answer = send(&layer(), &token().header("typ", typ).sign()).await;
        answer.named(typ).invalid_token(ErrorKind::WrongTokenType);
    }
}

#[tokio::test]
async fn a_type_that_is_not_a_string_is_malformed() {
    for typ in [
        Value::Null,
        json!(1),
        json!(["JWT"]),
        json!({}),
        json!(false),
    ] {
        let answer = send(&layer(), &token().header("typ", &typ).sign()).await;
        answer.named(&typ).invalid_token(ErrorKind::MalformedToken);
    }
}

/// Returns a layer that accepts access tokens of RFC 9068 only.
fn access_only() -> JwtAuthLayer {
    builder().access_tokens_only().build().unwrap()
}

fn access_token() -> TokenBuilder {
    token()
        .header("typ", "at+jwt")
        .claim("client_id", "s6BhdRkqt3")
}

#[tokio::test]
async fn in_access_tokens_only_mode_the_type_must_be_at_jwt() {
    for typ in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "APPLICATION/at+JWT",
    ] {
        let claims = send(&access_only(), &access_token().header("typ", typ).sign())
            .await
            .named(typ)
            .accepted();
        assert_eq!(claims.token_type(), &TokenType::AccessToken);
    }
    for typ in ["JWT", "jwt", "application/jwt", "at", "at+jwt ", "x-at+jwt"]
        .into_iter()
        .chain(OTHERS)
    {
        let answer = send(&access_only(), &access_token().header("typ", typ).sign()).await;
        answer.named(typ).invalid_token(ErrorKind::WrongTokenType);
    }
    let untyped = access_token().without_header("typ").sign();
    send(&access_only(), &untyped)
        .await
        .invalid_token(ErrorKind::WrongTokenType);
}

#[tokio::test]
async fn in_access_tokens_only_mode_every_claim_of_rfc_9068_is_required() {
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        let answer = send(&access_only(), &access_token().without_claim(claim).sign())
            .await
            .named(claim);
        answer.invalid_token(ErrorKind::MissingClaim);
        assert_eq!(answer.claim(), Some(claim));
    }
}

#[tokio::test]
async fn in_access_tokens_only_mode_a_claim_of_the_wrong_type_is_rejected() {
    for claim in ["sub", "client_id", "jti", "iat", "iss"] {
        for value in [Value::Null, json!(true), json!(["x"]), json!({})] {
            let answer = send(&access_only(), &access_token().claim(claim, &value).sign()).await;
            assert_eq!(answer.claim(), Some(claim));
            let kind = answer.kind().unwrap();
            assert!(
                matches!(kind, ErrorKind::InvalidClaim | ErrorKind::MissingClaim),
                "{claim}: {kind:?}"
            );
            answer.named((claim, &value)).invalid_token(kind);
        }
    }
    let spaced = payload(&[("client_id", " \n\"c\""), ("jti", "\"1\"")]);
    let header = r#"{"alg":"ES256","kid":"ES256","typ":"at+jwt"}"#;
    let token = crate::support::default_key().sign_raw(header, spaced.as_bytes());
    send(&access_only(), &token).await.accepted();
}

// Without `access_tokens_only`, only `iss`, `aud` and `exp` are required.
#[tokio::test]
async fn by_default_the_other_claims_may_be_absent() {
    for claim in ["sub", "iat", "jti"] {
        send(&layer(), &token().without_claim(claim).sign())
            .await
            .named(claim)
            .accepted();
    }
}

#[tokio::test]
async fn the_accepted_types_can_be_set() {
    let layer = builder()
        .token_types(["secevent+jwt", "application/custom"])
        .build()
        .unwrap();
    for typ in [
        "secevent+jwt",
        "SecEvent+JWT",
        "application/secevent+jwt",
        "custom",
        "application/custom",
    ] {
        let claims = send(&layer, &token().header("typ", typ).sign())
            .await
            .named(typ)
            .accepted();
        assert!(matches!(claims.token_type(), TokenType::Other(_)), "{typ}");
    }
    for typ in ["JWT", "at+jwt", "logout+jwt", ""] {
        let answer = send(&layer, &token().header("typ", typ).sign()).await;
        answer.named(typ).invalid_token(ErrorKind::WrongTokenType);
    }
    let untyped = token().without_header("typ").sign();
    send(&layer, &untyped)
        .await
        .invalid_token(ErrorKind::WrongTokenType);
}

#[test]
fn an_empty_list_of_types_is_a_configuration_error() {
    let error = builder().token_types([""; 0]).build().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
}
