//! The cache of answers (RFC 7662 §4): bounded by `exp`, 60 s and a setting.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{ErrorKind, IntrospectionSettings, JwtAuthLayer};

use super::endpoint::{Act, Endpoint, active};
use crate::support::tokio;
use crate::support::{NOW, ask, bearer, clock};

const INACTIVE: &str = r#"{"active":false}"#;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Lets time pass, also for the layer.
async fn pass(clock: &TestClock, time: Duration) {
    clock.advance(time);
    sleep(time).await;
}

fn layer(endpoint: &Endpoint, settings: IntrospectionSettings) -> (JwtAuthLayer, TestClock) {
    let clock = clock();
    let issuer = endpoint.issuer().introspection_settings(settings);
    let layer = JwtAuthLayer::builder(issuer).clock(clock.clone()).build();
    (layer.unwrap(), clock)
}

async fn kind(layer: &JwtAuthLayer, token: &str) -> Option<ErrorKind> {
    ask(layer, bearer(token)).await.kind()
}

// 8
#[tokio::test(start_paused = true)]
async fn an_answer_is_cached_for_60_s() {
    let endpoint = Endpoint::new();
    let (layer, clock) = layer(&endpoint, IntrospectionSettings::default());
    assert_eq!(kind(&layer, "token").await, None);
    endpoint.answer(INACTIVE);
    pass(&clock, seconds(59)).await;
    assert_eq!(kind(&layer, "token").await, None);
    assert_eq!(endpoint.questions(), 1);
    pass(&clock, seconds(1)).await;
    assert_eq!(kind(&layer, "token").await, Some(ErrorKind::Inactive));
    assert_eq!(endpoint.questions(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_cached_for_the_time_that_is_set() {
    let endpoint = Endpoint::new();
    let settings = IntrospectionSettings::default().max_ttl(seconds(5));
    let (layer, clock) = layer(&endpoint, settings);
    for expected in [1, 1, 2] {
        assert_eq!(kind(&layer, "token").await, None);
        assert_eq!(endpoint.questions(), expected);
        pass(&clock, Duration::from_millis(2500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_cached_if_the_time_is_zero() {
    let endpoint = Endpoint::new();
    let settings = IntrospectionSettings::default().max_ttl(Duration::ZERO);
    let (layer, _) = layer(&endpoint, settings);
    for (answer, expected) in [
        (active(json!({})).to_string(), None),
        (INACTIVE.to_owned(), Some(ErrorKind::Inactive)),
        (INACTIVE.to_owned(), Some(ErrorKind::Inactive)),
        (active(json!({})).to_string(), None),
        (active(json!({})).to_string(), None),
    ] {
        endpoint.answer(answer);
        assert_eq!(kind(&layer, "token").await, expected);
    }
    assert_eq!(endpoint.questions(), 5);
}

// RFC 7662 §4: must not be cached beyond `exp`.
#[tokio::test(start_paused = true)]
async fn no_answer_is_used_from_its_exp_on() {
    let endpoint = Endpoint::answering(active(json!({"exp": NOW + 20})));
    let (layer, clock) = layer(&endpoint, IntrospectionSettings::default());
    assert_eq!(kind(&layer, "token").await, None);
    endpoint.answer(INACTIVE);
    pass(&clock, seconds(19)).await;
    assert_eq!(kind(&layer, "token").await, None);
    pass(&clock, seconds(1)).await;
    assert_eq!(kind(&layer, "token").await, Some(ErrorKind::Inactive));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_does_not_prolong_an_answer() {
    let endpoint = Endpoint::answering(active(json!({"exp": NOW + 20})));
    let (layer, clock) = layer(&endpoint, IntrospectionSettings::default());
    assert_eq!(kind(&layer, "token").await, None);
    endpoint.answer(INACTIVE);
    // Set forward, without time passing.
    clock.advance(seconds(20));
    assert_eq!(kind(&layer, "token").await, Some(ErrorKind::Inactive));
    // Time passes, and the clock does not.
    endpoint.answer(active(json!({"exp": NOW + 40})));
    assert_eq!(kind(&layer, "other").await, None);
    endpoint.answer(INACTIVE);
    sleep(seconds(20)).await;
    assert_eq!(kind(&layer, "other").await, Some(ErrorKind::Inactive));
}

#[tokio::test(start_paused = true)]
async fn that_a_token_is_inactive_is_cached_for_10_s() {
    let endpoint = Endpoint::answering(INACTIVE);
    let (layer, clock) = layer(&endpoint, IntrospectionSettings::default());
    assert_eq!(kind(&layer, "token").await, Some(ErrorKind::Inactive));
    // The token becomes active: its replica had not reached the endpoint.
    endpoint.answer(active(json!({})));
    pass(&clock, Duration::from_millis(9_999)).await;
    assert_eq!(kind(&layer, "token").await, Some(ErrorKind::Inactive));
    assert_eq!(endpoint.questions(), 1);
    pass(&clock, Duration::from_millis(1)).await;
    assert_eq!(kind(&layer, "token").await, None);
    assert_eq!(endpoint.questions(), 2);
}

#[tokio::test(start_paused = true)]
async fn that_a_token_is_inactive_is_cached_for_the_time_that_is_set() {
    let endpoint = Endpoint::answering(INACTIVE);
    let settings = IntrospectionSettings::default().max_negative_ttl(Duration::ZERO);
    let (layer, _) = layer(&endpoint, settings);
    for expected in 1..3 {
        assert_eq!(kind(&layer, "token").await, Some(ErrorKind::Inactive));
        assert_eq!(endpoint.questions(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_random_tokens_does_not_end_the_caching_of_active_ones() {
    let endpoint = Endpoint::answering(INACTIVE);
    endpoint.answer_of("good", active(json!({})));
    let (layer, _) = layer(&endpoint, IntrospectionSettings::default());
    assert_eq!(kind(&layer, "good").await, None);
    for index in 0..10_500 {
        let token = format!("random-{index}");
        assert_eq!(kind(&layer, &token).await, Some(ErrorKind::Inactive));
    }
    assert_eq!(endpoint.questions(), 10_501);
    assert_eq!(kind(&layer, "good").await, None);
    // The first are known, and there was no room for the last.
    assert_eq!(kind(&layer, "random-0").await, Some(ErrorKind::Inactive));
    assert_eq!(endpoint.questions(), 10_501);
    assert_eq!(
        kind(&layer, "random-10499").await,
        Some(ErrorKind::Inactive)
    );
    assert_eq!(endpoint.questions(), 10_502);
    // After that, the room is free again.
    sleep(seconds(10)).await;
    for expected in [10_503, 10_503] {
        assert_eq!(
            kind(&layer, "random-10499").await,
            Some(ErrorKind::Inactive)
        );
        assert_eq!(endpoint.questions(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_with_the_same_start_or_end_have_answers_of_their_own() {
    let endpoint = Endpoint::answering(INACTIVE);
    let long = "x".repeat(4000);
    endpoint.answer_of(&format!("{long}a{long}"), active(json!({"sub": "a"})));
    endpoint.answer_of(&format!("{long}b{long}"), active(json!({"sub": "b"})));
    let (layer, _) = layer(&endpoint, IntrospectionSettings::default());
    for _ in 0..2 {
        for name in ["a", "b"] {
            let token = format!("{long}{name}{long}");
            let claims = ask(&layer, bearer(&token)).await.accepted();
            assert_eq!(claims.subject(), Some(name));
        }
        assert_eq!(kind(&layer, &long).await, Some(ErrorKind::Inactive));
    }
    assert_eq!(endpoint.questions(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_cached_answer_is_used_after_a_failure_unless_a_setter_allows_it() {
    let stale = seconds(30);
    let default = IntrospectionSettings::default;
    for (settings, expected) in [
        (default(), Some(ErrorKind::IntrospectionUnavailable)),
        (default().stale_if_error(stale), None),
    ] {
        let endpoint = Endpoint::new();
        let (layer, clock) = layer(&endpoint, settings);
        assert_eq!(kind(&layer, "token").await, None);
        endpoint.act(Act::Status(503));
        pass(&clock, seconds(61)).await;
        // Also while the circuit is open.
        for _ in 0..8 {
            assert_eq!(kind(&layer, "token").await, expected);
        }
        pass(&clock, stale).await;
        let kind = kind(&layer, "token").await;
        assert_eq!(kind, Some(ErrorKind::IntrospectionUnavailable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_is_not_used_from_its_exp_on() {
    let endpoint = Endpoint::answering(active(json!({"exp": NOW + 70})));
    let settings = IntrospectionSettings::default().stale_if_error(seconds(600));
    let (layer, clock) = layer(&endpoint, settings);
    assert_eq!(kind(&layer, "token").await, None);
    endpoint.act(Act::Unreachable);
    pass(&clock, seconds(69)).await;
    assert_eq!(kind(&layer, "token").await, None);
    pass(&clock, seconds(1)).await;
    assert_eq!(
        kind(&layer, "token").await,
        Some(ErrorKind::IntrospectionUnavailable)
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_token_is_inactive_ends_the_use_of_a_stale_one() {
    let endpoint = Endpoint::new();
    let settings = IntrospectionSettings::default().stale_if_error(seconds(600));
    let (layer, clock) = layer(&endpoint, settings);
    assert_eq!(kind(&layer, "token").await, None);
    endpoint.answer(INACTIVE);
    pass(&clock, seconds(61)).await;
    assert_eq!(kind(&layer, "token").await, Some(ErrorKind::Inactive));
    endpoint.act(Act::Unreachable);
    pass(&clock, seconds(11)).await;
    assert_eq!(
        kind(&layer, "token").await,
        Some(ErrorKind::IntrospectionUnavailable)
    );
}
