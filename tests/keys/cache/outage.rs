//! An issuer that fails: the cached keys stay in use for a limited time.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tower_jwt_auth::{ErrorKind, JwksCacheSettings};

use crate::cache::mock::{Answer, Mock, kind, minutes};
use crate::support::tokio;

const FAULTS: [Answer; 8] = [
    Answer::Status(500),
    Answer::Status(302),
    Answer::Status(404),
    Answer::Status(204),
    Answer::Unreachable,
    Answer::Hang,
    Answer::Body(""),
    Answer::Body("<html>down for maintenance</html>"),
];

#[tokio::test(start_paused = true)]
async fn whatever_the_fault_keys_are_used_for_an_hour_past_their_ttl_and_no_longer() {
    for fault in FAULTS {
        let mock = Mock::new();
        mock.header("cache-control", "max-age=600");
        let authenticator = mock.authenticator();
        let token = mock.token();
        assert!(authenticator.authenticate(&token).await.is_ok());
        mock.answer(fault);
        for _ in 0..69 {
            minutes(1).await;
            let start = Instant::now();
            assert!(authenticator.authenticate(&token).await.is_ok());
            assert_eq!(start.elapsed(), Duration::ZERO);
        }
        minutes(2).await;
        let error = authenticator.authenticate(&token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
        assert!(error.retry_after().is_some());
        mock.answer(Answer::Keys);
        // The backoff is at most 4 s from the start of a fetch. A fetch that hangs takes 5 s.
        sleep(Duration::from_millis(5500)).await;
        assert!(authenticator.authenticate(&token).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn the_use_of_stale_keys_can_be_turned_off() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    let settings = JwksCacheSettings::default().stale_if_error(Duration::ZERO);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.answer(Answer::Status(503));
    minutes(9).await;
    assert!(authenticator.authenticate(&token).await.is_ok());
    minutes(2).await;
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::KeysUnavailable)
    );
}

#[tokio::test(start_paused = true)]
async fn failed_fetches_are_retried_with_backoff() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.answer(Answer::Status(500));
    minutes(10).await;
    let before = mock.fetches();
    minutes(1).await;
    let a_minute = mock.fetches() - before;
    assert!(
        (15..=20).contains(&a_minute),
        "{a_minute} fetches a minute, one in 3 to 4 s"
    );
}

#[tokio::test(start_paused = true)]
async fn the_backoff_can_be_set() {
    let mock = Mock::new();
    mock.answer(Answer::Unreachable);
    let minute = Duration::from_secs(60);
    let authenticator = mock
        .builder(JwksCacheSettings::default().backoff(minute, minute))
        .build_authenticator()
        .unwrap();
    for _ in 0..30 {
        assert!(authenticator.authenticate(&mock.token()).await.is_err());
        minutes(1).await;
    }
    assert!(
        (30..=41).contains(&mock.fetches()),
        "{} fetches in half an hour",
        mock.fetches()
    );
}

#[tokio::test(start_paused = true)]
async fn an_issuer_can_ask_for_a_longer_delay() {
    let mock = Mock::new();
    mock.header("retry-after", "30");
    mock.answer(Answer::Status(503));
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::KeysUnavailable)
    );
    let error = authenticator.authenticate(&token).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    sleep(Duration::from_secs(29)).await;
    assert_eq!(mock.fetches(), 1);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(mock.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_health_shows_that_keys_are_stale_and_why() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    let authenticator = mock.authenticator();
    assert!(!authenticator.health()[0].serving);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.answer(Answer::Status(500));
    minutes(11).await;
    let health = authenticator.health().remove(0);
    assert!(health.serving);
    assert_eq!(health.keys.len(), 1);
    let fetch = health.fetch.unwrap();
    assert!(fetch.stale);
    assert_eq!(fetch.age, Some(Duration::from_secs(660)));
    assert_eq!(fetch.fresh_for, Some(Duration::ZERO));
    assert!(fetch.last_success.is_some());
    assert_eq!(fetch.usable_for, Some(Duration::from_secs(59 * 60)));
    assert_eq!(
        fetch.last_error.as_deref(),
        Some("the issuer responded with status 500")
    );
    assert_eq!(fetch.fetches, fetch.failures + 1);
}
