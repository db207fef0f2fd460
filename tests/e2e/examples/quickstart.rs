//! The example `quickstart`.

use reqwest::StatusCode;
use tower_jwt_auth::testing::TestIssuer;

use crate::harness::{AUDIENCE, Server, run};
use crate::support::tokio;

#[tokio::test]
async fn it_greets_the_subject_of_the_token() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::start("quickstart", &[issuer.issuer(), AUDIENCE, "127.0.0.1:0"]).await;
    let answer = server
        .request("/", Some(&issuer.token().subject("alice").sign()))
        .await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "hello alice\n")
    );
    let answer = server.get("/").await;
    assert_eq!(
        (answer.status, answer.challenge()),
        (StatusCode::UNAUTHORIZED, "Bearer")
    );
    server
        .request("/", Some(&issuer.token().expired().sign()))
        .await
        .assert_rejected();
}

#[tokio::test]
async fn it_prints_its_usage_when_the_audience_is_missing() {
    let output = run("quickstart", &["https://login.example.com"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("usage: quickstart ISSUER AUDIENCE")
    );
}

#[tokio::test]
async fn it_ends_when_the_keys_cannot_be_fetched() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.stop().await;
    let output = run("quickstart", &[issuer.issuer(), AUDIENCE, "127.0.0.1:0"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("could not be fetched")
    );
    // Without RUST_LOG, warnings are shown.
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.contains("fetching keys failed"), "{log}");
}
