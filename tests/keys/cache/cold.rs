//! Requests before the first keys are cached.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use tower_jwt_auth::{ErrorKind, JwksCacheSettings};

use crate::cache::mock::{Answer, Mock, kind};
use crate::support::tokio;

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_on_a_cold_cache_share_one_fetch() {
    let mock = Mock::new();
    mock.delay(Duration::from_millis(200));
    let authenticator = mock.authenticator();
    let token = mock.token();
    let outcomes = join_all((0..1000).map(|_| authenticator.authenticate(&token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(mock.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_on_an_expired_cache_share_one_fetch() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let settings = JwksCacheSettings::default()
        .stale_if_error(Duration::ZERO)
        .idle_timeout(Duration::from_secs(60));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    sleep(Duration::from_secs(3600)).await;
    assert!(
        !authenticator.health()[0].serving,
        "no request came, so nothing was refreshed"
    );
    let before = mock.fetches();
    mock.delay(Duration::from_millis(200));
    let outcomes = join_all((0..1000).map(|_| authenticator.authenticate(&token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(mock.fetches() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_before_the_first_request() {
    let mock = Mock::new();
    let _authenticator = mock.authenticator();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(mock.fetches(), 0);
}

#[tokio::test(start_paused = true)]
async fn cancelling_the_first_waiter_changes_nothing_for_the_others() {
    let mock = Mock::new();
    mock.delay(Duration::from_secs(1));
    let authenticator = mock.authenticator();
    let token = mock.token();
    let first = timeout(
        Duration::from_millis(100),
        authenticator.authenticate(&token),
    );
    let second = async {
        sleep(Duration::from_millis(50)).await;
        authenticator.authenticate(&token).await
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_err(), "the first one is cancelled while it waits");
    assert!(second.is_ok());
    assert_eq!(mock.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_whose_only_waiter_was_cancelled_still_fills_the_cache() {
    let mock = Mock::new();
    mock.delay(Duration::from_secs(1));
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(
        timeout(
            Duration::from_millis(100),
            authenticator.authenticate(&token)
        )
        .await
        .is_err()
    );
    sleep(Duration::from_secs(2)).await;
    let start = Instant::now();
    assert!(authenticator.authenticate(&token).await.is_ok());
    assert_eq!((start.elapsed(), mock.fetches()), (Duration::ZERO, 1));
}

#[tokio::test(start_paused = true)]
async fn with_the_issuer_down_requests_get_keys_unavailable_with_retry_after() {
    let mock = Mock::new();
    mock.answer(Answer::Unreachable);
    let authenticator = mock.authenticator();
    let error = authenticator.authenticate(&mock.token()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    assert!(error.retry_after().unwrap() <= Duration::from_secs(5));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the issuer could not be reached");
}

#[tokio::test(start_paused = true)]
async fn with_the_issuer_down_ten_thousand_requests_cause_at_most_seven_fetches() {
    let mock = Mock::new();
    mock.answer(Answer::Unreachable);
    let authenticator = mock.authenticator();
    let token = mock.token();
    for _ in 0..10_000 {
        assert_eq!(
            kind(authenticator.authenticate(&token).await),
            Some(ErrorKind::KeysUnavailable)
        );
        sleep(Duration::from_millis(1)).await;
    }
    // Ten seconds with a backoff of 0.5, 1, 2 and 4 s, each up to a quarter less by jitter.
    assert!(mock.fetches() <= 7, "{} fetches", mock.fetches());
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_within_seconds_of_the_issuers_recovery_without_a_request() {
    let mock = Mock::new();
    mock.answer(Answer::Unreachable);
    let authenticator = mock.authenticator();
    let token = mock.token();
    for _ in 0..60 {
        assert_eq!(
            kind(authenticator.authenticate(&token).await),
            Some(ErrorKind::KeysUnavailable)
        );
        sleep(Duration::from_secs(1)).await;
    }
    mock.answer(Answer::Keys);
    // No request arrives in the meantime.
    sleep(Duration::from_secs(5)).await;
    let fetches = mock.fetches();
    assert!(authenticator.authenticate(&token).await.is_ok());
    assert_eq!(
        mock.fetches(),
        fetches,
        "the keys were cached before the request"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_a_slow_issuer_no_longer_than_the_wait_timeout() {
    let mock = Mock::new();
    mock.answer(Answer::Hang);
    let settings = JwksCacheSettings::default().wait_timeout(Duration::from_secs(2));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let token = mock.token();
    let start = Instant::now();
    let outcomes = join_all((0..10).map(|_| authenticator.authenticate(&token))).await;
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    for outcome in outcomes {
        assert_eq!(kind(outcome), Some(ErrorKind::KeysUnavailable));
    }
}

#[tokio::test(start_paused = true)]
async fn prefetch_loads_the_keys_or_returns_an_error() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    mock.answer(Answer::Status(500));
    let error = authenticator.prefetch().await.unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the issuer responded with status 500"
    );
    mock.answer(Answer::Keys);
    authenticator.prefetch().await.unwrap();
    let fetches = mock.fetches();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(mock.fetches(), fetches);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_rejected_anyway_causes_no_fetch() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    let key = tower_jwt_auth::testing::TestKey::generate(tower_jwt_auth::Algorithm::ES256);
    let token = || key.token().issuer(crate::cache::mock::ISSUER);
    let later = std::time::SystemTime::now() + Duration::from_secs(3600);
    let secret = tower_jwt_auth::testing::TestKey::generate(tower_jwt_auth::Algorithm::HS256);
    for (rejected, expected) in [
        (token().expired().sign(), ErrorKind::Expired),
        (token().issued_at(later).sign(), ErrorKind::NotYetValid),
        (token().without_claim("exp").sign(), ErrorKind::MissingClaim),
        (
            token().issuer("https://unknown.example").sign(),
            ErrorKind::UnknownIssuer,
        ),
        (
            token().header("crit", ["exp"]).sign(),
            ErrorKind::UnsupportedHeader,
        ),
        (
            token().header("alg", "none").sign(),
            ErrorKind::AlgorithmNotAllowed,
        ),
        (
            secret.token().issuer(crate::cache::mock::ISSUER).sign(),
            ErrorKind::AlgorithmNotAllowed,
        ),
        (
            token().header("typ", "logout+jwt").sign(),
            ErrorKind::WrongTokenType,
        ),
        ("x.y.z".to_owned(), ErrorKind::MalformedToken),
        ("x".repeat(20_000), ErrorKind::TokenTooLarge),
    ] {
        assert_eq!(
            kind(authenticator.authenticate(&rejected).await),
            Some(expected)
        );
        // No fetch follows in the background either.
        sleep(Duration::from_secs(10)).await;
        assert_eq!(mock.fetches(), 0, "{expected:?}");
    }
}
