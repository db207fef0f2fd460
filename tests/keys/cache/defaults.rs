//! The default limits, each tested at its exact value.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, HttpClient, Issuer, JwksCacheSettings};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, JWKS_URI, Mock, kind};
use crate::support::tokio;

/// Returns settings with which a request waits until a fetch has ended.
fn long_wait() -> JwksCacheSettings {
    JwksCacheSettings::default().wait_timeout(Duration::from_secs(60))
}

/// Returns after what time a request fails because its fetch has timed out.
async fn given_up_after(authenticator: &Authenticator) -> Duration {
    let start = Instant::now();
    let error = authenticator
        .authenticate(&Mock::unknown_key_token())
        .await
        .unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        (error.kind(), &*source),
        (
            ErrorKind::KeysUnavailable,
            "the issuer did not respond in time"
        )
    );
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_fetch_from_an_issuer_that_hangs_times_out_after_five_seconds() {
    let mock = Mock::new();
    mock.answer(Answer::Hang);
    let authenticator = mock.builder(long_wait()).build_authenticator().unwrap();
    assert_eq!(given_up_after(&authenticator).await, Duration::from_secs(5));
    let slow = Mock::new();
    slow.delay(Duration::from_millis(4999));
    let authenticator = slow.builder(long_wait()).build_authenticator().unwrap();
    assert!(
        authenticator.authenticate(&slow.token()).await.is_ok(),
        "a response in time is accepted"
    );
}

/// Returns the client of an issuer that sends a space after each `delay`, and never the last byte.
fn dripping(delay: Duration) -> HttpClient {
    HttpClient::new(tower::service_fn(
        move |_: Request<Full<Bytes>>| async move {
            let drops = stream::repeat(()).then(move |()| async move {
                sleep(delay).await;
                Ok::<_, io::Error>(Frame::data(Bytes::from_static(b" ")))
            });
            Ok::<_, io::Error>(Response::new(StreamBody::new(Box::pin(drops))))
        },
    ))
}

#[tokio::test(start_paused = true)]
async fn the_fetch_timeout_includes_the_response_body() {
    for delay in [Duration::from_millis(700), Duration::from_secs(3600)] {
        let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE)
            .http_client(dripping(delay))
            .jwks_cache(long_wait());
        let authenticator = Authenticator::builder(issuer)
            .build_authenticator()
            .unwrap();
        assert_eq!(given_up_after(&authenticator).await, Duration::from_secs(5));
    }
}

#[tokio::test(start_paused = true)]
async fn the_fetch_timeout_includes_the_metadata() {
    let mock = Mock::new();
    let metadata = serde_json::json!({"issuer": ISSUER, "jwks_uri": JWKS_URI}).to_string();
    mock.page(
        "https://issuer.example/.well-known/openid-configuration",
        metadata,
    );
    mock.delay(Duration::from_secs(2));
    mock.silence(JWKS_URI);
    let issuer = Issuer::discovery(ISSUER, AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(long_wait());
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert_eq!(given_up_after(&authenticator).await, Duration::from_secs(5));
    assert_eq!(mock.fetched().last().map(String::as_str), Some(JWKS_URI));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_respected_up_to_a_minute() {
    let forever = u64::MAX.to_string();
    let late = "Fri, 31 Dec 9999 23:59:59 GMT";
    for (retry_after, delay) in [
        ("59", 59),
        ("60", 60),
        ("61", 60),
        ("3600", 60),
        (&*forever, 60),
        (late, 60),
    ] {
        let mock = Mock::new();
        mock.header("retry-after", retry_after);
        mock.answer(Answer::Status(503));
        let authenticator = mock.authenticator();
        let delay = Duration::from_secs(delay);
        let error = authenticator.authenticate(&mock.token()).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(delay), "{retry_after}");
        sleep(delay * 5 / 2).await;
        let times = mock.fetch_times(0);
        assert_eq!(
            times
                .windows(2)
                .map(|pair| pair[1] - pair[0])
                .collect::<Vec<_>>(),
            [delay, delay],
            "{retry_after}"
        );
    }
}

/// Returns the time from the only request to the last fetch.
async fn last_fetch(mock: &Mock) -> Duration {
    let authenticator = mock.authenticator();
    let start = Instant::now();
    let _ = authenticator.authenticate(&mock.token()).await;
    sleep(Duration::from_secs(24 * 3600)).await;
    *mock.fetch_times(0).last().unwrap() - start
}

/// `Retry-After` of a failing issuer sets the times of the fetches to the second. Refreshes have
/// jitter.
#[tokio::test(start_paused = true)]
async fn fetching_ends_an_hour_after_the_last_request_and_not_a_second_before() {
    for (delay, last) in [(60, 3600), (59, 3599)] {
        let mock = Mock::new();
        mock.header("retry-after", &delay.to_string());
        mock.answer(Answer::Status(503));
        assert_eq!(
            last_fetch(&mock).await,
            Duration::from_secs(last),
            "once in {delay} s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn keys_with_a_ttl_of_a_day_are_not_refreshed_after_an_hour_without_requests() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    assert_eq!(
        last_fetch(&mock).await,
        Duration::ZERO,
        "only the fetch for the request"
    );
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn tokens_with_unknown_keys_do_not_keep_the_refresher_running() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    for _ in 0..4 {
        sleep(Duration::from_secs(50 * 60)).await;
        assert_eq!(
            kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
            Some(ErrorKind::UnknownKey)
        );
    }
    assert_eq!(
        (
            mock.fetches(),
            Handle::current().metrics().num_alive_tasks()
        ),
        (1 + 4, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn keys_are_refreshed_for_an_hour_after_the_last_request() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let last = last_fetch(&mock).await.as_secs();
    // The refresher looks for requests only when a refresh is due, at least once in 48 s.
    assert!((3600 - 48..=3600 + 48 * 2).contains(&last), "{last} s");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_id_is_cached_for_thirty_seconds() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    let unknown_key = Mock::unknown_key_token();
    let mut fetches = Vec::new();
    for delay in [0, 29_999, 1, 29_999, 1] {
        sleep(Duration::from_millis(delay)).await;
        assert_eq!(
            kind(authenticator.authenticate(&unknown_key).await),
            Some(ErrorKind::UnknownKey)
        );
        fetches.push(mock.fetches() - 1);
    }
    assert_eq!(fetches, [1, 1, 2, 2, 3]);
}

/// Returns how many key ids of a flood are cached as unknown. Tokens with the other ids get
/// `KeysUnavailable` once the issuer fails and the keys are stale.
async fn cached(flood: usize) -> usize {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=10");
    let settings = JwksCacheSettings::default().min_ttl(Duration::from_secs(10));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.delay(Duration::from_millis(100));
    // The signatures are not verified, so one key makes them all.
    let key = TestKey::generate(Algorithm::Ed25519);
    let unknown_key = |number| key.clone().with_key_id(format!("random-{number}")).token();
    let tokens: Vec<_> = (0..flood)
        .map(|number| unknown_key(number).issuer(ISSUER).audience(AUDIENCE).sign())
        .collect();
    let outcomes = join_all(tokens.iter().map(|token| authenticator.authenticate(token))).await;
    assert!(
        outcomes
            .into_iter()
            .all(|outcome| kind(outcome) == Some(ErrorKind::UnknownKey))
    );
    mock.answer(Answer::Status(500));
    sleep(Duration::from_secs(11)).await;
    let outcomes = join_all(tokens.iter().map(|token| authenticator.authenticate(token))).await;
    let (known, others): (Vec<_>, Vec<_>) = outcomes
        .into_iter()
        .map(kind)
        .partition(|outcome| *outcome == Some(ErrorKind::UnknownKey));
    assert!(
        others
            .iter()
            .all(|outcome| *outcome == Some(ErrorKind::KeysUnavailable))
    );
    known.len()
}

#[tokio::test(start_paused = true)]
async fn of_a_flood_of_unknown_key_ids_about_a_thousand_are_cached() {
    // The id that caused the first fetch is missing: the others joined that fetch, and the second
    // fetch, which they share, replaces the set and clears the cache.
    assert_eq!(cached(1000).await, 999);
    // moka evicts in batches of up to 64.
    let count = cached(3000).await;
    assert!((1024..=1024 + 64).contains(&count), "{count}");
}
