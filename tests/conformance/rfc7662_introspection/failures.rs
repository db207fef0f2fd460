//! Failures of the endpoint: 503 with `Retry-After`, and never 401.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};
use tower_jwt_auth::{
    ErrorKind, IntrospectionHealth, IntrospectionSettings, JwtAuthLayer, KeysEvent,
};

use super::endpoint::{Act, Endpoint, SECRET, active};
use crate::support::tokio;
use crate::support::{ask, bearer, builder_for};

const UNAVAILABLE: ErrorKind = ErrorKind::IntrospectionUnavailable;

// 6
#[tokio::test(start_paused = true)]
async fn every_failure_is_503_with_retry_after() {
    let huge = format!("{{\"active\":true,\"x\":\"{}\"}}", "x".repeat(1024 * 1024));
    let deep = format!("{{\"active\":true,\"x\":{}}}", "[".repeat(100_000));
    let many: Vec<_> = (0..20_000).map(|n| format!("\"m{n}\":1")).collect();
    let bodies = [
        String::new(),
        "<html>down for maintenance</html>".to_owned(),
        "true".to_owned(),
        "[]".to_owned(),
        r#"{"active":true"#.to_owned(),
        r#"{"active":true}{"active":true}"#.to_owned(),
        r#"{"active":true,"active":false}"#.to_owned(),
        r#"{"active":true,"$serde_json::private::RawValue":"{}"}"#.to_owned(),
        "eyJ0eXAiOiJ0b2tlbi1pbnRyb3NwZWN0aW9uK2p3dCJ9.e30.c2ln".to_owned(),
        huge,
        deep,
        format!("{{\"active\":true,{}}}", many.join(",")),
    ];
    let bodies = bodies.into_iter().map(Act::Body);
    let statuses = [
        201, 204, 301, 302, 307, 400, 401, 403, 404, 415, 429, 500, 502, 503,
    ];
    let acts = bodies.chain(statuses.map(Act::Status));
    let acts = acts.chain([Act::Unreachable, Act::Hang, Act::Panic]);
    for (index, act) in acts.enumerate() {
        let endpoint = Endpoint::new();
        endpoint.act(act);
        let layer = endpoint.layer();
        let answer = ask(&layer, bearer("token")).await.named(index);
        answer.rejected(503, None, UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), Some("1"));
        // It is asked again: an error is not cached.
        endpoint.answer(active(json!({})));
        ask(&layer, bearer("token")).await.named(index).accepted();
        assert_eq!(endpoint.questions(), 2, "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let endpoint = Endpoint::new();
    endpoint.act(Act::Status(307));
    endpoint.header("location", "https://other.example/introspect");
    let answer = ask(&endpoint.layer(), bearer("token")).await;
    answer.rejected(503, None, UNAVAILABLE);
    assert_eq!(endpoint.questions(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_hangs_is_given_up_after_5_s() {
    let endpoint = Endpoint::new();
    endpoint.act(Act::Hang);
    let layer = endpoint.layer();
    let start = Instant::now();
    ask(&layer, bearer("token"))
        .await
        .rejected(503, None, UNAVAILABLE);
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    let layer =
        endpoint.layer_with(IntrospectionSettings::default().timeout(Duration::from_secs(1)));
    let start = Instant::now();
    ask(&layer, bearer("token"))
        .await
        .rejected(503, None, UNAVAILABLE);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn retry_after_of_the_endpoint_is_passed_on_up_to_a_minute() {
    for (value, expected) in [("7", "7"), ("100000", "60"), ("0", "1"), ("soon", "1")] {
        let endpoint = Endpoint::new();
        endpoint.act(Act::Status(429));
        endpoint.header("retry-after", value);
        let answer = ask(&endpoint.layer(), bearer("token")).await.named(value);
        assert_eq!(answer.header("retry-after"), Some(expected));
    }
}

// 9: five failures, then one probe at a time.
#[tokio::test(start_paused = true)]
async fn after_repeated_failures_the_endpoint_is_asked_by_one_probe_at_a_time() {
    let endpoint = Endpoint::new();
    endpoint.act(Act::Status(503));
    let layer = endpoint.layer();
    for index in 0..50 {
        let answer = ask(&layer, bearer(&format!("token-{index}"))).await;
        answer.rejected(503, None, UNAVAILABLE);
    }
    assert_eq!(endpoint.questions(), 5);
    // The endpoint is back, and slow. Of many requests, one is the probe.
    endpoint.answer(active(json!({})));
    endpoint.delay(Duration::from_secs(1));
    sleep(Duration::from_secs(1)).await;
    let requests = (0..50).map(|index| {
        let layer = &layer;
        async move { ask(layer, bearer(&format!("token-{index}"))).await.kind() }
    });
    let kinds = futures::future::join_all(requests).await;
    assert_eq!(kinds.iter().filter(|kind| kind.is_none()).count(), 1);
    assert_eq!(endpoint.questions(), 6);
    // It has closed the circuit.
    ask(&layer, bearer("token-49")).await.accepted();
    ask(&layer, bearer("token-48")).await.accepted();
}

/// Responses that can be about one token only, which its caller has chosen.
fn about_one_token() -> impl Iterator<Item = Act> {
    let statuses = [201, 302, 307, 400, 401, 403, 404, 413, 414, 415, 500, 501];
    let bodies = [String::new(), "[]".to_owned(), "x".repeat(2 << 20)];
    let statuses = statuses.into_iter().map(Act::Status);
    statuses.chain(bodies.into_iter().map(Act::Body))
}

#[tokio::test(start_paused = true)]
async fn answers_about_single_tokens_do_not_stop_the_questions_about_others() {
    for act in about_one_token() {
        let endpoint = Endpoint::new();
        endpoint.act(act);
        endpoint.answer_of("good", active(json!({})));
        let layer = endpoint.layer();
        for index in 0..20 {
            let answer = ask(&layer, bearer(&format!("token-{index}"))).await;
            answer.rejected(503, None, UNAVAILABLE);
        }
        ask(&layer, bearer("good")).await.accepted();
        assert_eq!(endpoint.questions(), 21);
    }
}

#[tokio::test(start_paused = true)]
async fn only_failures_that_show_an_outage_stop_the_questions() {
    let statuses = [429, 502, 503, 504].map(Act::Status);
    let acts = statuses.into_iter();
    for (index, act) in acts.chain([Act::Unreachable, Act::Hang]).enumerate() {
        let endpoint = Endpoint::new();
        endpoint.act(act);
        endpoint.answer_of("good", active(json!({})));
        let layer = endpoint.layer();
        for token in 0..4 {
            let _ = ask(&layer, bearer(&format!("token-{token}"))).await;
        }
        // An answer ends the row.
        ask(&layer, bearer("good")).await.named(index).accepted();
        for token in 0..20 {
            let _ = ask(&layer, bearer(&format!("token-{token}"))).await;
        }
        assert_eq!(endpoint.questions(), 10, "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_with_a_token_that_the_endpoint_can_not_answer_does_not_prolong_an_outage() {
    for act in about_one_token() {
        let endpoint = Endpoint::new();
        endpoint.act(Act::Unreachable);
        let (layer, events) = watched(&endpoint);
        for index in 0..5 {
            let _ = ask(&layer, bearer(&format!("token-{index}"))).await;
        }
        endpoint.act(act);
        endpoint.answer_of("good", active(json!({})));
        sleep(Duration::from_secs(1)).await;
        ask(&layer, bearer("odd"))
            .await
            .rejected(503, None, UNAVAILABLE);
        // State and events agree.
        assert!(introspection(&layer).available);
        assert_eq!(introspection(&layer).consecutive_failures, 0);
        let events = events.lock().unwrap().clone();
        assert_eq!(events[..3], ["failed 1", "failed 5", "recovered 5"]);
        assert_eq!(events.len(), 4, "and the failure itself: {events:?}");
        ask(&layer, bearer("good")).await.accepted();
    }
}

#[tokio::test(start_paused = true)]
async fn questions_from_before_an_outage_was_noticed_do_not_prolong_it() {
    let (endpoint, second) = (Endpoint::new(), Duration::from_secs(1));
    endpoint.act(Act::Hang);
    let layer = endpoint.layer();
    let send = |delay, index| {
        let layer = &layer;
        async move {
            sleep(delay).await;
            ask(layer, bearer(&format!("token-{index}"))).await
        }
    };
    // The first five open the circuit, from 5 s to 6 s. The others fail at 7 s.
    let early = (0..5).map(|index| send(Duration::ZERO, index));
    let late = (5..25).map(|index| send(second * 2, index));
    let hanging = futures::future::join_all(early.chain(late));
    let after = async {
        sleep(Duration::from_millis(6_100)).await;
        endpoint.answer(active(json!({})));
        ask(&layer, bearer("probe")).await.accepted();
        sleep(second).await;
        ask(&layer, bearer("good")).await.accepted();
        assert_eq!(introspection(&layer).consecutive_failures, 0);
    };
    futures::future::join(hanging, after).await;
}

/// Returns a layer whose events are noted.
fn watched(endpoint: &Endpoint) -> (JwtAuthLayer, Arc<Mutex<Vec<String>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let issuer = endpoint.issuer().on_event(move |_, event| {
        seen.lock().unwrap().push(match event {
            KeysEvent::IntrospectionFailed { failures, .. } => format!("failed {failures}"),
            KeysEvent::IntrospectionRecovered { failures, .. } => format!("recovered {failures}"),
            other => format!("{other:?}"),
        });
    });
    (builder_for(issuer).build().unwrap(), events)
}

fn introspection(layer: &JwtAuthLayer) -> IntrospectionHealth {
    let health = layer.authenticator().health().remove(0);
    health.introspection.unwrap()
}

// 6: an operator's error.
#[tokio::test(start_paused = true)]
async fn rejected_credentials_are_reported_and_shown_in_the_health() {
    for status in [401, 403] {
        let endpoint = Endpoint::new();
        endpoint.act(Act::Status(status));
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&events);
        let issuer = endpoint.issuer().on_event(move |issuer, event| {
            seen.lock().unwrap().push(format!("{issuer} {event:?}"));
            if let KeysEvent::IntrospectionDenied { status, .. } = event {
                seen.lock().unwrap().push(status.to_string());
            }
        });
        let layer = builder_for(issuer).build().unwrap();
        ask(&layer, bearer("token"))
            .await
            .rejected(503, None, UNAVAILABLE);
        let health = layer.authenticator().health().remove(0);
        let shown = serde_json::to_string(&health).unwrap();
        let introspection = health.introspection.unwrap();
        assert!(introspection.denied && introspection.available);
        assert!(
            introspection
                .last_error
                .unwrap()
                .contains(&status.to_string())
        );
        assert_eq!((introspection.questions, introspection.failures), (1, 1));
        let events = events.lock().unwrap().clone();
        assert!(events[1].starts_with(&status.to_string()), "{events:?}");
        for text in [shown, events.concat()] {
            for secret in [SECRET, "telltale"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        endpoint.answer(active(json!({})));
        ask(&layer, bearer("token")).await.accepted();
        let health = layer.authenticator().health().remove(0);
        let introspection = health.introspection.unwrap();
        assert!(!introspection.denied && introspection.last_error.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_reported_when_it_begins_and_ends_and_once_a_second() {
    let endpoint = Endpoint::new();
    endpoint.act(Act::Unreachable);
    let (layer, events) = watched(&endpoint);
    for index in 0..20 {
        let _ = ask(&layer, bearer(&format!("token-{index}"))).await;
    }
    let health = layer.authenticator().health().remove(0);
    assert!(!health.serving && !health.introspection.unwrap().available);
    endpoint.answer(active(json!({})));
    sleep(Duration::from_secs(2)).await;
    ask(&layer, bearer("token")).await.accepted();
    let expected = ["failed 1", "failed 5", "recovered 5"];
    assert_eq!(*events.lock().unwrap(), expected);
    assert!(layer.authenticator().health()[0].serving);
}

#[tokio::test(start_paused = true)]
async fn no_error_shows_the_token_the_secret_or_the_answer() {
    for act in [
        Act::Status(500),
        Act::Status(401),
        Act::Body("telltale-answer".into()),
    ] {
        let endpoint = Endpoint::new();
        endpoint.act(act);
        let authenticator = endpoint.layer().authenticator().clone();
        let error = authenticator
            .authenticate("telltale-token")
            .await
            .unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut cause = std::error::Error::source(&error);
        assert!(cause.is_some());
        while let Some(error) = cause {
            write!(shown, "{error} {error:?}").unwrap();
            cause = error.source();
        }
        assert!(!shown.contains("telltale"), "{shown}");
    }
}
