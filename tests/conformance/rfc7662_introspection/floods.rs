//! Many requests at a time: one question for a token, and a bounded number of questions.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};
use tower_jwt_auth::{ErrorKind, IntrospectionSettings, JwtAuthLayer};

use super::endpoint::{Act, Endpoint, active};
use crate::support::tokio;
use crate::support::{ask, bearer};

async fn kinds(layer: &JwtAuthLayer, tokens: Vec<String>) -> Vec<Option<ErrorKind>> {
    let requests = tokens
        .into_iter()
        .map(|token| async move { ask(layer, bearer(&token)).await.kind() });
    join_all(requests).await
}

fn different(number: usize) -> Vec<String> {
    (0..number).map(|index| format!("token-{index}")).collect()
}

// 8
#[tokio::test(start_paused = true)]
async fn requests_with_one_token_share_one_question() {
    let endpoint = Endpoint::new();
    endpoint.delay(Duration::from_secs(1));
    for settings in [
        IntrospectionSettings::default(),
        IntrospectionSettings::default().max_ttl(Duration::ZERO),
    ] {
        let before = endpoint.questions();
        let layer = endpoint.layer_with(settings);
        let kinds = kinds(&layer, vec!["token".to_owned(); 500]).await;
        assert!(kinds.iter().all(Option::is_none));
        assert_eq!(endpoint.questions() - before, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_question_is_not_repeated_by_those_that_have_waited() {
    let endpoint = Endpoint::new();
    endpoint.act(Act::Status(503));
    endpoint.delay(Duration::from_secs(1));
    let layer = endpoint.layer();
    let kinds = kinds(&layer, vec!["token".to_owned(); 500]).await;
    let unavailable = Some(ErrorKind::IntrospectionUnavailable);
    assert!(kinds.iter().all(|kind| *kind == unavailable));
    assert_eq!(endpoint.questions(), 1);
}

#[tokio::test(start_paused = true)]
async fn cancelling_the_first_request_hurts_none_of_the_others() {
    let endpoint = Endpoint::new();
    endpoint.delay(Duration::from_secs(2));
    let layer = endpoint.layer();
    let spawn = || {
        let layer = layer.clone();
        tokio::spawn(async move { ask(&layer, bearer("token")).await.kind() })
    };
    let first = spawn();
    sleep(Duration::from_secs(1)).await;
    let second = spawn();
    yield_now().await;
    first.abort();
    let start = Instant::now();
    assert_eq!(second.await.unwrap(), None);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert_eq!(endpoint.questions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_question_whose_requests_are_all_cancelled_before_its_turn_is_not_sent() {
    let endpoint = Endpoint::new();
    endpoint.delay(Duration::from_secs(2));
    let layer = endpoint.layer_with(IntrospectionSettings::default().max_concurrent(1));
    let spawn = |token: &'static str| {
        let layer = layer.clone();
        tokio::spawn(async move { ask(&layer, bearer(token)).await.kind() })
    };
    let first = spawn("first");
    yield_now().await;
    let cancelled = spawn("cancelled");
    yield_now().await;
    let last = spawn("last");
    yield_now().await;
    cancelled.abort();
    assert_eq!(first.await.unwrap(), None);
    assert_eq!(last.await.unwrap(), None);
    let tokens: Vec<_> = endpoint
        .asked()
        .iter()
        .map(|asked| asked.form()["token"].clone())
        .collect();
    assert_eq!(tokens, ["first", "last"]);
}

// 9
#[tokio::test(start_paused = true)]
async fn at_most_100_questions_are_sent_at_a_time() {
    let endpoint = Endpoint::new();
    endpoint.delay(Duration::from_millis(100));
    let layer = endpoint.layer();
    let kinds = kinds(&layer, different(1000)).await;
    assert!(kinds.iter().all(Option::is_none));
    assert_eq!(
        (endpoint.questions(), endpoint.max_in_flight()),
        (1000, 100)
    );
}

#[tokio::test(start_paused = true)]
async fn beyond_the_queue_requests_get_503_at_once() {
    let endpoint = Endpoint::new();
    endpoint.delay(Duration::from_secs(1));
    let settings = IntrospectionSettings::default()
        .max_concurrent(10)
        .max_queued(20);
    let layer = endpoint.layer_with(settings);
    let start = Instant::now();
    let kinds = kinds(&layer, different(100)).await;
    let accepted = kinds.iter().filter(|kind| kind.is_none()).count();
    assert_eq!(accepted, 30);
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    assert_eq!((endpoint.questions(), endpoint.max_in_flight()), (30, 10));
    let start = Instant::now();
    let rejected: Vec<_> = {
        let mut busy = Vec::new();
        for token in different(30) {
            let (layer, token) = (layer.clone(), format!("more-{token}"));
            busy.push(tokio::spawn(async move {
                ask(&layer, bearer(&token)).await.kind()
            }));
        }
        yield_now().await;
        let answer = ask(&layer, bearer("one-more")).await;
        answer.rejected(503, None, ErrorKind::IntrospectionUnavailable);
        assert_eq!(start.elapsed(), Duration::ZERO);
        join_all(busy).await
    };
    assert!(rejected.into_iter().all(|kind| kind.unwrap().is_none()));
}

#[tokio::test(start_paused = true)]
async fn cancelled_requests_leave_no_more_tasks_than_the_queue_has_room_for() {
    let endpoint = Endpoint::new();
    endpoint.act(Act::Hang);
    let settings = IntrospectionSettings::default()
        .max_concurrent(2)
        .max_queued(2);
    let layer = endpoint.layer_with(settings);
    let before = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    for index in 0..100 {
        let (layer, token) = (layer.clone(), format!("token-{}", index % 3));
        let request = tokio::spawn(async move { ask(&layer, bearer(&token)).await.kind() });
        yield_now().await;
        request.abort();
        let _ = request.await;
    }
    let after = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert!(after - before <= 4, "{before} {after}");
    // They end by themselves.
    sleep(Duration::from_secs(11)).await;
    let end = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert_eq!(end, before);
    endpoint.answer(active(json!({})));
    sleep(Duration::from_secs(30)).await;
    ask(&layer, bearer("token")).await.accepted();
}

#[tokio::test(start_paused = true)]
async fn there_is_no_herd_of_questions_after_a_recovery() {
    let endpoint = Endpoint::new();
    endpoint.act(Act::Unreachable);
    let layer = endpoint.layer();
    for _ in 0..10 {
        let _ = kinds(&layer, different(100)).await;
    }
    let before = endpoint.questions();
    endpoint.answer(active(json!({})));
    sleep(Duration::from_secs(31)).await;
    let kinds = kinds(&layer, vec!["token".to_owned(); 1000]).await;
    assert!(kinds.iter().all(Option::is_none));
    assert_eq!(endpoint.questions() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_late_does_not_replace_a_newer_one() {
    let endpoint = Endpoint::new();
    endpoint.delay(Duration::from_secs(2));
    let layer = endpoint.layer();
    let first = tokio::spawn({
        let layer = layer.clone();
        async move { ask(&layer, bearer("token")).await.kind() }
    });
    sleep(Duration::from_millis(1)).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    endpoint.delay(Duration::ZERO);
    endpoint.answer(r#"{"active":false}"#);
    for wait in [0, 3] {
        sleep(Duration::from_secs(wait)).await;
        let kind = ask(&layer, bearer("token")).await.kind();
        assert_eq!(kind, Some(ErrorKind::Inactive), "after {wait} s");
    }
}
