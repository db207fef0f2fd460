//! Tokens near the limits of the layer and of HTTP/2.

use tonic::Code;
use tower_jwt_auth::testing::TokenBuilder;

use crate::support::tokio;
use crate::tonic::support::{builder, greeter, protected, token};

/// Returns a token with a length of about `bytes`.
fn of_size(bytes: usize) -> TokenBuilder {
    let others = token().claim("padding", "").sign().len();
    // Base64url encodes 3 bytes as 4 characters.
    token().claim("padding", "x".repeat((bytes - others) * 3 / 4))
}

#[tokio::test]
async fn a_token_just_below_the_limit_of_http_2_is_accepted() {
    let (anonymous, pipe) = protected().await;
    let token = of_size(15_500).sign();
    assert!(token.len() > 15_490, "{}", token.len());
    assert_eq!(
        anonymous
            .with_token(&token)
            .hello()
            .await
            .unwrap()
            .into_inner(),
        "hello alice"
    );
    assert_eq!(pipe.connections(), 1);
}

#[tokio::test]
async fn a_token_above_the_limit_of_http_2_fails_and_the_connection_stays_open() {
    let (anonymous, pipe) = protected().await;
    let status = anonymous
        .with_token(&of_size(20_000).sign())
        .hello()
        .await
        .unwrap_err();
    assert_eq!(
        status.code(),
        Code::Unknown,
        "the server responds before the layer, with HTTP 431: {status:?}"
    );
    assert!(
        anonymous.with_token(&token().sign()).hello().await.is_ok(),
        "the connection stays open"
    );
    assert_eq!(pipe.connections(), 1);
}

#[tokio::test]
async fn a_token_above_max_token_len_is_rejected_by_the_layer() {
    let anonymous = greeter!(builder().max_token_len(4096).build().unwrap());
    let status = anonymous
        .with_token(&of_size(5000).sign())
        .hello()
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unauthenticated, "the access token is too large")
    );
    assert!(
        anonymous
            .with_token(&of_size(4000).sign())
            .hello()
            .await
            .is_ok()
    );
}
