//! A fetch that a token has forced asks caches on its way not to answer from their store.

use std::time::Duration;

use http::HeaderMap;
use serde_json::json;
use tokio::time::sleep;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, Issuer};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, JWKS_URI, Mock};
use crate::support::tokio;

const SECOND: Duration = Duration::from_secs(1);

fn asks_for_no_cache(headers: &HeaderMap) -> bool {
    headers
        .get("cache-control")
        .is_some_and(|value| value == "no-cache")
}

#[tokio::test(start_paused = true)]
async fn fetches_that_a_token_forced_bypass_caches_and_scheduled_ones_do_not() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert!(!asks_for_no_cache(&mock.last_headers()), "the first fetch");
    mock.add_key();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert!(asks_for_no_cache(&mock.last_headers()), "an unknown key id");
    sleep(SECOND * 49).await;
    assert!(!asks_for_no_cache(&mock.last_headers()), "a refresh");
    let forged = TestKey::generate(Algorithm::ES256).with_key_id(mock.key_id());
    let forged = forged.token().issuer(ISSUER).audience(AUDIENCE).sign();
    assert!(authenticator.authenticate(&forged).await.is_err());
    sleep(SECOND).await;
    assert!(
        asks_for_no_cache(&mock.last_headers()),
        "an invalid signature"
    );
    authenticator.prefetch().await.unwrap();
    assert!(!asks_for_no_cache(&mock.last_headers()), "prefetch");
}

#[tokio::test(start_paused = true)]
async fn so_do_the_retries_of_such_a_fetch() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.answer(Answer::Status(500));
    let unknown = Mock::unknown_key_token();
    assert!(authenticator.authenticate(&unknown).await.is_err());
    let fetches = mock.fetches();
    sleep(SECOND * 5).await;
    assert!(mock.fetches() > fetches);
    assert!(asks_for_no_cache(&mock.last_headers()));
}

#[tokio::test(start_paused = true)]
async fn metadata_that_is_fetched_on_the_way_bypasses_caches_too() {
    let mock = Mock::new();
    let document = "https://issuer.example/.well-known/openid-configuration";
    mock.page(
        document,
        json!({"issuer": ISSUER, "jwks_uri": JWKS_URI}).to_string(),
    );
    mock.header("cache-control", "max-age=60");
    let issuer = Issuer::discovery(ISSUER, AUDIENCE).http_client(mock.client());
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    // The keys are refreshed after 42 to 48 s, the metadata are stale after 60 s.
    sleep(SECOND * 61).await;
    mock.silence(document);
    let unknown = Mock::unknown_key_token();
    let _ = tokio::time::timeout(SECOND / 10, authenticator.authenticate(&unknown)).await;
    assert_eq!(mock.fetched().last().unwrap(), document);
    assert!(asks_for_no_cache(&mock.last_headers()));
}
