//! The example `rate_limit`: rate limits by address and by caller.

use reqwest::StatusCode;
use tower_jwt_auth::testing::TestIssuer;

use crate::harness::{AUDIENCE, Server, run};
use crate::support::tokio;

#[tokio::test]
async fn callers_have_separate_quotas_and_scopes_are_still_required() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::start("rate_limit", &[issuer.issuer(), AUDIENCE, "127.0.0.1:0"]).await;
    let token = |subject: &str, scope: &str| issuer.token().subject(subject).scope(scope).sign();
    let (alice, bob) = (token("alice", "orders:read"), token("bob", "profile"));
    for _ in 0..5 {
        assert_eq!(
            server.request("/orders", Some(&alice)).await.status,
            StatusCode::OK
        );
    }
    let limited = server.request("/orders", Some(&alice)).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(limited.headers.contains_key("retry-after"), "{limited:?}");

    assert_eq!(server.request("/whoami", Some(&bob)).await.body, "bob\n");
    let forbidden = server.request("/orders", Some(&bob)).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    assert!(
        forbidden.challenge().ends_with("scope=\"orders:read\""),
        "{forbidden:?}"
    );
}

#[tokio::test]
async fn a_flood_of_invalid_tokens_is_limited_by_address() {
    let mut server = Server::start("rate_limit", &["127.0.0.1:0"]).await;
    let printed = server.printed_until("To stop").await;
    assert_eq!(
        printed
            .iter()
            .filter(|line| line.starts_with("for i in "))
            .count(),
        4
    );
    let mut rejected = 0;
    // The quota grows by one a second meanwhile.
    while server.request("/whoami", Some("bad")).await.status == StatusCode::UNAUTHORIZED {
        rejected += 1;
        assert!(rejected < 500, "nothing limits the flood");
    }
    assert!(rejected >= 50, "limited after {rejected} already");
    let limited = server.request("/whoami", Some("bad")).await;
    assert_eq!(
        (limited.status, limited.challenge()),
        (StatusCode::TOO_MANY_REQUESTS, "none")
    );
}

#[tokio::test]
async fn it_prints_its_usage_when_the_audience_is_missing() {
    let output = run("rate_limit", &["https://login.example.com"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("usage: rate_limit [ADDRESS]")
    );
}
