//! The keys are those that the layer has cached, and are fetched as for its tokens.

use std::time::Duration;

use http::StatusCode;
use tower_jwt_auth::testing::{Fault, TestIssuer};
use tower_jwt_auth::{BackChannelLogout, Issuer, JwtAuthLayer, Revocations};

use super::support::{CLIENT, EVENT, Setup};
use crate::support::AUDIENCE;
use crate::support::tokio;

fn of(issuer: &TestIssuer) -> Setup {
    let list = Revocations::new();
    let issuer = Issuer::discovery(issuer.issuer(), AUDIENCE);
    let layer = JwtAuthLayer::builder(issuer).revocations(&list).build();
    let layer = layer.unwrap();
    let endpoint = BackChannelLogout::new(layer.authenticator(), [CLIENT]).unwrap();
    Setup {
        layer,
        list,
        endpoint,
    }
}

fn logout_token(issuer: &TestIssuer) -> String {
    issuer
        .token()
        .header("typ", "logout+jwt")
        .audience(CLIENT)
        .claim("events", serde_json::json!({ EVENT: {} }))
        .sign()
}

#[tokio::test]
async fn keys_that_the_layer_has_cached_are_not_fetched_again() {
    let issuer = TestIssuer::start().await.unwrap();
    let setup = of(&issuer);
    let access = issuer.token().sign();
    let authenticator = setup.layer.authenticator();
    authenticator.authenticate(&access).await.unwrap();
    let fetches = issuer.jwks_fetches();
    setup
        .log_out(&logout_token(&issuer))
        .await
        .expect_logged_out();
    assert_eq!(issuer.jwks_fetches(), fetches);
    let rejected = authenticator.authenticate(&access).await;
    assert_eq!(
        rejected.unwrap_err().kind(),
        tower_jwt_auth::ErrorKind::Revoked
    );
}

#[tokio::test]
async fn the_first_logout_token_has_the_keys_fetched() {
    let issuer = TestIssuer::start().await.unwrap();
    let setup = of(&issuer);
    setup
        .log_out(&logout_token(&issuer))
        .await
        .expect_logged_out();
    assert_eq!(issuer.jwks_fetches(), 1);
}

#[tokio::test]
async fn without_keys_the_answer_is_503_and_the_token_can_be_sent_again() {
    let issuer = TestIssuer::start().await.unwrap();
    let setup = of(&issuer);
    let token = logout_token(&issuer);
    issuer.set_fault(Some(Fault::Status(500)));
    let answer = setup.log_out(&token).await;
    let description = "the issuer's keys are temporarily unavailable";
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    answer.expect_error(unavailable, "temporarily_unavailable", description);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(setup.list.is_empty());
    issuer.set_fault(None);
    // The backoff after a failed fetch. In real time, since the issuer has real sockets.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    setup.log_out(&token).await.expect_logged_out();
}
