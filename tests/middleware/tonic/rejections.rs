//! What a rejected caller receives. The connection stays open.

use tonic::{Code, Status};
use tower_jwt_auth::testing::TokenBuilder;

use crate::support::tokio;
use crate::tonic::support::{DOWN, builder, greeter, protected, token};

fn metadata<'s>(status: &'s Status, name: &str) -> Option<&'s str> {
    status
        .metadata()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

type Rejection = (
    Option<TokenBuilder>,
    Code,
    &'static str,
    Option<&'static str>,
);

fn rejections() -> [Rejection; 5] {
    let expired =
        "Bearer error=\"invalid_token\",error_description=\"the access token has expired\"";
    let audience = "Bearer error=\"invalid_token\",\
                    error_description=\"the access token is meant for another audience\"";
    let scope = "Bearer error=\"insufficient_scope\",\
                 error_description=\"the access token does not grant what the request needs\",\
                 scope=\"read\"";
    let token = || token().scope("read");
    [
        (
            None,
            Code::Unauthenticated,
            "the request has no verified access token",
            Some("Bearer"),
        ),
        (
            Some(token().expired()),
            Code::Unauthenticated,
            "the access token has expired",
            Some(expired),
        ),
        (
            Some(token().audience("x")),
            Code::Unauthenticated,
            "the access token is meant for another audience",
            Some(audience),
        ),
        (
            Some(token().scope("write")),
            Code::PermissionDenied,
            "the access token does not grant what the request needs",
            Some(scope),
        ),
        (
            Some(token().issuer(DOWN)),
            Code::Unavailable,
            "the issuer's keys are temporarily unavailable",
            None,
        ),
    ]
}

#[tokio::test]
async fn each_rejection_has_its_code_message_and_metadata() {
    let anonymous = greeter!(builder().require_scopes(["read"]).build().unwrap());
    for (token, code, message, challenge) in rejections() {
        let mut client = token.map_or(anonymous.clone(), |token| {
            anonymous.with_token(&token.sign())
        });
        let status = client.hello().await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, message));
        assert_eq!(metadata(&status, "www-authenticate"), challenge);
        assert_eq!(
            metadata(&status, "retry-after"),
            (code == Code::Unavailable).then_some("7")
        );
        assert!(
            status.details().is_empty(),
            "by default a status has no details"
        );
    }
}

#[tokio::test]
async fn a_valid_token_reaches_the_method() {
    let (anonymous, _) = protected().await;
    let answer = anonymous.with_token(&token().sign()).hello().await.unwrap();
    assert_eq!(answer.into_inner(), "hello alice");
}

#[tokio::test]
async fn a_connection_stays_open_after_rejections() {
    let (mut anonymous, pipe) = protected().await;
    for _ in 0..20 {
        assert_eq!(
            anonymous.hello().await.unwrap_err().code(),
            Code::Unauthenticated
        );
        let expired = anonymous
            .with_token(&token().expired().sign())
            .ticks()
            .await
            .unwrap_err();
        assert_eq!(expired.code(), Code::Unauthenticated);
        assert!(anonymous.with_token(&token().sign()).hello().await.is_ok());
    }
    assert_eq!(pipe.connections(), 1);
}

#[tokio::test]
async fn a_rejection_does_not_wait_for_the_end_of_the_upload() {
    let (mut anonymous, pipe) = protected().await;
    let endless = futures::stream::pending();
    assert_eq!(
        anonymous.greet(endless).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    let endless = futures::stream::repeat_with(|| "x".repeat(1000));
    assert_eq!(
        anonymous.chat(endless).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    assert!(anonymous.with_token(&token().sign()).hello().await.is_ok());
    assert_eq!(pipe.connections(), 1);
}
