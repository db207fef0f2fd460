//! Requirement 18: a token without `typ` is accepted or not, whatever types are listed (RFC 7515
//! §4.1.9).

use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthBuilder, JwtAuthLayer, TokenType};

use crate::support::tokio;
use crate::support::{builder, send, token};

fn build(builder: JwtAuthBuilder) -> JwtAuthLayer {
    builder.build().unwrap()
}

async fn type_of(layer: &JwtAuthLayer, typ: Option<&str>) -> Result<TokenType, ErrorKind> {
    let token = match typ {
        Some(typ) => token().header("typ", typ),
        None => token().without_header("typ"),
    };
    let answer = send(layer, &token.sign()).await;
    match answer.kind() {
        Some(kind) => {
            answer.invalid_token(kind);
            Err(kind)
        }
        None => Ok(answer.accepted().token_type().clone()),
    }
}

const WRONG: Result<TokenType, ErrorKind> = Err(ErrorKind::WrongTokenType);

#[tokio::test]
async fn a_missing_type_can_be_allowed_beside_a_list() {
    let layer = build(
        builder()
            .token_types(["JOSE"])
            .allow_missing_token_type(true),
    );
    assert_eq!(type_of(&layer, None).await, Ok(TokenType::Unspecified));
    let listed = Ok(TokenType::Other("JOSE".into()));
    assert_eq!(type_of(&layer, Some("JOSE")).await, listed);
    for other in ["JWT", "at+jwt", "logout+jwt", ""] {
        assert_eq!(type_of(&layer, Some(other)).await, WRONG, "{other}");
    }
}

#[tokio::test]
async fn a_missing_type_can_be_rejected_without_a_list() {
    let layer = build(builder().allow_missing_token_type(false));
    assert_eq!(type_of(&layer, None).await, WRONG);
    assert_eq!(type_of(&layer, Some("JWT")).await, Ok(TokenType::Jwt));
    assert_eq!(type_of(&layer, Some("dpop+jwt")).await, WRONG);
}

#[tokio::test]
async fn the_order_of_the_settings_does_not_matter() {
    let layer = build(
        builder()
            .allow_missing_token_type(true)
            .token_types(["JWT"]),
    );
    assert_eq!(type_of(&layer, None).await, Ok(TokenType::Unspecified));
    let layer = build(
        builder()
            .allow_missing_token_type(false)
            .token_types(["JWT"]),
    );
    assert_eq!(type_of(&layer, None).await, WRONG);
}

// Without `typ`, only the claim tells a security event from an access token.
#[tokio::test]
async fn a_security_event_without_a_type_is_rejected() {
    let event = token().claim("events", "e");
    let untyped = event.clone().without_header("typ").sign();
    let listed = || {
        builder()
            .token_types(["logout+jwt"])
            .allow_missing_token_type(true)
    };
    for builder in [
        builder(),
        builder().allow_missing_token_type(true),
        listed(),
    ] {
        let answer = send(&build(builder), &untyped).await;
        answer.invalid_token(ErrorKind::WrongTokenType);
    }
    let typed = event.header("typ", "logout+jwt").sign();
    send(&build(listed()), &typed).await.accepted();
}

#[test]
fn access_tokens_of_rfc_9068_have_a_type() {
    let builder = || builder().access_tokens_only();
    let error = builder()
        .allow_missing_token_type(true)
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert_eq!(
        error.to_string(),
        "allow_missing_token_type is true: must be false with access_tokens_only, as access tokens \
         of RFC 9068 have the type at+jwt"
    );
    let _ = builder().allow_missing_token_type(false).build().unwrap();
}
