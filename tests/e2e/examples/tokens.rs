//! The tokens that the resource server accepts, depending on its options.

use std::time::{Duration, SystemTime};

use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestIssuer, TestKey, TokenBuilder};

use crate::harness::Server;
use crate::support::tokio;

/// Returns a token that expired so many seconds ago.
fn expired_for(issuer: &TestIssuer, seconds: u64) -> String {
    let start = SystemTime::now() - Duration::from_secs(300 + seconds);
    issuer
        .token()
        .issued_at(start)
        .expires_in(Duration::from_secs(300))
        .sign()
}

/// Returns an access token with everything that RFC 9068 §2 requires.
fn access_token(issuer: &TestIssuer) -> TokenBuilder {
    issuer
        .token()
        .header("typ", "at+jwt")
        .claim("client_id", "the-client")
}

#[tokio::test]
async fn an_expired_token_is_rejected() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    let answer = server.whoami(&issuer.token().expired().sign()).await;
    answer.assert_rejected();
    assert!(answer.challenge().contains("expired"), "{answer:?}");
}

#[tokio::test]
async fn a_token_for_another_audience_is_rejected() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    server
        .whoami(&issuer.token().audience("https://other.example").sign())
        .await
        .assert_rejected();
}

#[tokio::test]
async fn each_of_several_audiences_is_enough() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &["--audience", "https://second.example"]).await;
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_accepted();
    server
        .whoami(&issuer.token().audience("https://second.example").sign())
        .await
        .assert_accepted();
    server
        .whoami(&issuer.token().audience("https://third.example").sign())
        .await
        .assert_rejected();
}

#[tokio::test]
async fn the_default_leeway_is_a_minute() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    server
        .whoami(&expired_for(&issuer, 10))
        .await
        .assert_accepted();
    server
        .whoami(&expired_for(&issuer, 200))
        .await
        .assert_rejected();
}

#[tokio::test]
async fn a_longer_leeway_accepts_tokens_that_expired_earlier() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &["--leeway", "400"]).await;
    server
        .whoami(&expired_for(&issuer, 200))
        .await
        .assert_accepted();
    server
        .whoami(&expired_for(&issuer, 500))
        .await
        .assert_rejected();
}

#[tokio::test]
async fn only_the_named_algorithms_are_accepted() {
    let algorithms = [Algorithm::ES256, Algorithm::ES384, Algorithm::Ed25519];
    let issuer = TestIssuer::builder()
        .algorithms(algorithms)
        .start()
        .await
        .unwrap();
    let server = Server::trusting(&issuer, &["--algorithms", "ES384, EdDSA"]).await;
    server
        .whoami(&issuer.token_with(Algorithm::ES384).sign())
        .await
        .assert_accepted();
    server
        .whoami(&issuer.token_with(Algorithm::Ed25519).sign())
        .await
        .assert_accepted();
    server
        .whoami(&issuer.token_with(Algorithm::ES256).sign())
        .await
        .assert_rejected();
}

#[tokio::test]
async fn a_token_signed_with_a_published_secret_is_rejected() {
    let issuer = TestIssuer::builder()
        .algorithms([Algorithm::ES256, Algorithm::HS256])
        .start()
        .await
        .unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_accepted();
    server
        .whoami(&issuer.token_with(Algorithm::HS256).sign())
        .await
        .assert_rejected();
}

#[tokio::test]
async fn a_token_signed_with_an_unknown_key_is_rejected() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    let own = issuer.key(Algorithm::ES256).unwrap();
    let unknown_key = TestKey::generate(Algorithm::ES256).with_key_id(own.key_id());
    server
        .whoami(&issuer.token().key(&unknown_key).sign())
        .await
        .assert_rejected();
}

#[tokio::test]
async fn the_type_at_jwt_requires_access_tokens_of_rfc_9068() {
    let issuer = TestIssuer::start().await.unwrap();
    for name in ["at+jwt", "application/AT+JWT"] {
        let server = Server::trusting(&issuer, &["--token-type", name]).await;
        server
            .whoami(&access_token(&issuer).sign())
            .await
            .assert_accepted();
        server
            .whoami(&access_token(&issuer).header("typ", "JWT").sign())
            .await
            .assert_rejected();
        server
            .whoami(&access_token(&issuer).without_claim("client_id").sign())
            .await
            .assert_rejected();
    }
}

#[tokio::test]
async fn with_another_type_only_tokens_of_it_are_accepted() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &["--token-type", "example+jwt"]).await;
    server
        .whoami(&issuer.token().header("typ", "example+jwt").sign())
        .await
        .assert_accepted();
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_rejected();
    server
        .whoami(&access_token(&issuer).sign())
        .await
        .assert_rejected();
}
