//! Refreshes in the background, before keys are stale and requests have to wait.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{ErrorKind, JwksCacheSettings};

use crate::cache::mock::{Answer, Mock, kind, minutes};
use crate::support::tokio;

#[tokio::test(start_paused = true)]
async fn keys_are_refreshed_in_the_background_before_their_ttl_has_passed() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    sleep(Duration::from_secs(419)).await;
    assert_eq!(
        mock.fetches(),
        1,
        "not before seven eighths of 80 % of the TTL"
    );
    sleep(Duration::from_secs(62)).await;
    assert_eq!(mock.fetches(), 2, "at 80 % at the latest");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_refresh_can_be_set() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=1000");
    let authenticator = mock
        .builder(JwksCacheSettings::default().refresh_at_percent(40))
        .build_authenticator()
        .unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    sleep(Duration::from_secs(349)).await;
    assert_eq!(mock.fetches(), 1);
    sleep(Duration::from_secs(52)).await;
    assert_eq!(mock.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_step_of_the_wall_clock_neither_expires_keys_nor_prolongs_their_use() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    let wall = TestClock::frozen();
    let authenticator = mock
        .builder(JwksCacheSettings::default())
        .clock(wall.clone())
        .build_authenticator()
        .unwrap();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    let health = || authenticator.health().remove(0).fetch.unwrap();
    let (day, start) = (Duration::from_secs(24 * 3600), std::time::SystemTime::now());
    for step in [
        start + day * 20,
        start - Duration::from_secs(30),
        start + day,
    ] {
        wall.set(step);
        let outcome = authenticator.authenticate(&token).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(
            (mock.fetches(), health().fresh_for),
            (1, Some(Duration::from_secs(600)))
        );
    }
    mock.answer(Answer::Unreachable);
    wall.set(start);
    minutes(71).await;
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::KeysUnavailable)
    );
}

#[tokio::test(start_paused = true)]
async fn requests_never_wait_for_a_refresh() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.delay(Duration::from_secs(4));
    for _ in 0..6000 {
        let start = Instant::now();
        assert!(authenticator.authenticate(&token).await.is_ok());
        assert_eq!(start.elapsed(), Duration::ZERO);
        sleep(Duration::from_millis(100)).await;
    }
    assert!(
        (10..=17).contains(&mock.fetches()),
        "{} fetches in ten minutes",
        mock.fetches()
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_replaced_under_the_same_id_takes_effect() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let authenticator = mock.authenticator();
    let old = mock.token();
    assert!(authenticator.authenticate(&old).await.is_ok());
    mock.replace_key();
    minutes(1).await;
    assert_eq!(
        kind(authenticator.authenticate(&old).await),
        Some(ErrorKind::InvalidSignature)
    );
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_requests_refreshing_stops_and_the_next_request_resumes_it() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let settings = JwksCacheSettings::default().idle_timeout(Duration::from_secs(600));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    minutes(30).await;
    let fetches = mock.fetches();
    assert!((10..=17).contains(&fetches), "{fetches} fetches");
    minutes(600).await;
    assert_eq!(mock.fetches(), fetches, "the refresher has ended");
    mock.rotate();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    minutes(1).await;
    assert!(mock.fetches() > fetches + 1, "the refresher runs again");
}

#[tokio::test(start_paused = true)]
async fn keys_that_went_stale_without_requests_are_fetched_again_before_they_are_used() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let settings = JwksCacheSettings::default().idle_timeout(Duration::from_secs(60));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let withdrawn = mock.token();
    assert!(authenticator.authenticate(&withdrawn).await.is_ok());
    minutes(30).await;
    mock.rotate();
    assert_eq!(
        kind(authenticator.authenticate(&withdrawn).await),
        Some(ErrorKind::UnknownKey)
    );
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_set_is_confirmed_by_its_entity_tag() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    mock.header("etag", "\"one\"");
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    for _ in 0..5 {
        minutes(1).await;
        assert!(authenticator.authenticate(&token).await.is_ok());
        assert_eq!(mock.last_headers()["if-none-match"], "\"one\"");
    }
    mock.rotate();
    mock.header("etag", "\"two\"");
    minutes(1).await;
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::UnknownKey)
    );
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_304_without_an_entity_tag_is_a_failure_and_the_cached_keys_stay() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.answer(Answer::Status(304));
    minutes(1).await;
    assert!(authenticator.authenticate(&token).await.is_ok());
    let health = authenticator.health();
    assert_eq!(
        health[0].fetch.as_ref().unwrap().last_error.as_deref(),
        Some("the issuer responded with status 304")
    );
}

#[tokio::test(start_paused = true)]
async fn a_shorter_ttl_takes_effect() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.header("cache-control", "max-age=60");
    mock.add_key();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.delay(Duration::from_millis(100));
    for _ in 0..600 {
        let start = Instant::now();
        assert!(authenticator.authenticate(&token).await.is_ok());
        assert_eq!(start.elapsed(), Duration::ZERO);
        sleep(Duration::from_secs(1)).await;
    }
    assert!(mock.fetches() > 10);
}

#[tokio::test(start_paused = true)]
async fn reading_the_health_causes_no_fetch() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let settings = JwksCacheSettings::default().idle_timeout(Duration::from_secs(600));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    assert_eq!(authenticator.health()[0].keys.len(), 0);
    minutes(1).await;
    assert_eq!(mock.fetches(), 0);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    minutes(20).await;
    let fetches = mock.fetches();
    for _ in 0..600 {
        let health = authenticator.health().remove(0);
        assert_eq!(health.keys.len(), 1, "expired keys are shown");
        minutes(1).await;
    }
    assert_eq!(mock.fetches(), fetches);
    assert!(!authenticator.health()[0].serving);
}

#[tokio::test(start_paused = true)]
async fn an_idle_timeout_of_a_year_is_accepted_and_an_endless_one_is_rejected() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let endless = JwksCacheSettings::default().idle_timeout(Duration::MAX);
    assert!(mock.builder(endless).build_authenticator().is_err());
    let year = JwksCacheSettings::default().idle_timeout(Duration::from_secs(366 * 24 * 3600));
    let authenticator = mock.builder(year).build_authenticator().unwrap();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    minutes(600).await;
    assert!(mock.fetches() > 500);
}
