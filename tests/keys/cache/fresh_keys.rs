//! With fresh keys, a token whose key is unknown is rejected, whatever the last fetch did.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, sleep, sleep_until};
use tower_jwt_auth::{ErrorKind, JwksCacheSettings};

use crate::cache::mock::{Answer, Mock, kind};
use crate::support::tokio;

const SECOND: Duration = Duration::from_secs(1);

const FAULTS: [Answer; 6] = [
    Answer::Status(500),
    Answer::Status(429),
    Answer::Unreachable,
    Answer::Hang,
    Answer::Body("<html>"),
    Answer::Body("{\"keys\":[]}"),
];

#[tokio::test(start_paused = true)]
async fn whatever_the_last_fetch_did_an_unknown_key_id_is_rejected_while_the_keys_are_fresh() {
    for fault in FAULTS {
        let mock = Mock::new();
        mock.header("cache-control", "max-age=100");
        mock.header("retry-after", "60");
        let authenticator = mock.authenticator();
        let start = Instant::now();
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
        mock.answer(fault);
        let unknown = async || kind(authenticator.authenticate(&Mock::unknown_key_token()).await);
        while start.elapsed() < SECOND * 96 {
            assert_eq!(unknown().await, Some(ErrorKind::UnknownKey));
            sleep(SECOND / 2).await;
        }
        sleep_until(start + SECOND * 101).await;
        assert_eq!(
            unknown().await,
            Some(ErrorKind::KeysUnavailable),
            "with stale keys nothing is known"
        );
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn with_fresh_keys_a_request_too_many_to_wait_is_rejected() {
    let mock = Mock::new();
    let settings = JwksCacheSettings::default().max_waiters(1);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.answer(Answer::Hang);
    let tokens = [Mock::unknown_key_token(), Mock::unknown_key_token()];
    for outcome in join_all(tokens.iter().map(|token| authenticator.authenticate(token))).await {
        assert_eq!(kind(outcome), Some(ErrorKind::UnknownKey));
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_of_a_fetch_that_a_token_forced_does_not_delay_the_scheduled_refresh() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let authenticator = mock.authenticator();
    let start = Instant::now();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    // A refresh is due 42 to 48 s after the first fetch.
    sleep(SECOND * 41).await;
    mock.header("retry-after", "60");
    mock.answer(Answer::Status(503));
    assert!(
        authenticator
            .authenticate(&Mock::unknown_key_token())
            .await
            .is_err()
    );
    mock.answer(Answer::Keys);
    sleep_until(start + SECOND * 49).await;
    let times: Vec<_> = mock.fetch_times(0);
    assert_eq!(times.len(), 3, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_accepted_thirty_seconds_after_a_failed_fetch_whatever_retry_after_says() {
    for token_arrives in [false, true] {
        let mock = Mock::new();
        mock.header("cache-control", "max-age=86400");
        let authenticator = mock.authenticator();
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
        mock.header("retry-after", "3600");
        mock.answer(Answer::Status(429));
        let start = Instant::now();
        let forged = Mock::unknown_key_token();
        assert_eq!(
            kind(authenticator.authenticate(&forged).await),
            Some(ErrorKind::UnknownKey)
        );
        mock.answer(Answer::Keys);
        mock.add_key();
        while token_arrives && start.elapsed() < SECOND * 29 {
            assert!(authenticator.authenticate(&mock.token()).await.is_err());
            sleep(SECOND).await;
        }
        sleep_until(start + SECOND * 30).await;
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
        assert_eq!(
            mock.fetches(),
            3,
            "the issuer's delay is respected up to 30 s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_usable_keys_retry_after_of_a_forced_fetch_does_not_delay_the_next_one() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let settings = JwksCacheSettings::default().stale_if_error(Duration::ZERO);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let start = Instant::now();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    sleep(SECOND * 40).await;
    mock.header("retry-after", "60");
    mock.answer(Answer::Status(503));
    let forged = Mock::unknown_key_token();
    assert!(authenticator.authenticate(&forged).await.is_err());
    mock.answer(Answer::Keys);
    sleep_until(start + SECOND * 61).await;
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
}
