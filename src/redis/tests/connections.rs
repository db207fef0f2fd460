//! When a connection is opened.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, advance, sleep};

use super::mock::{Fault, Mock};
use super::{Failure, TIMEOUT, fail_five_times, insert, store};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn concurrent_requests_share_one_connection() {
    let mock = Mock::new();
    let store = store(&mock);
    assert_eq!(mock.connections(), 0, "none before the first request");
    let ids: Vec<_> = (0..100).map(|id| id.to_string()).collect();
    let outcomes = join_all(ids.iter().map(|id| insert(&store, id))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(true)));
    assert_eq!(mock.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_closed_while_idle_costs_no_request() {
    let mock = Mock::new();
    let store = store(&mock);
    assert_eq!(insert(&store, "1").await, Ok(true));
    mock.restart();
    assert_eq!(insert(&store, "2").await, Ok(true));
    assert_eq!(mock.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_costs_the_requests_on_it() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::Fails(Failure::ConnectionLost));
    assert_eq!(insert(&store, "1").await, Err(Failure::ConnectionLost));
    mock.set(Fault::None);
    assert_eq!(insert(&store, "2").await, Ok(true));
    assert_eq!(mock.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_became_a_replica_is_left_at_once() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::Fails(Failure::ReadOnly));
    assert_eq!(insert(&store, "1").await, Err(Failure::ReadOnly));
    mock.set(Fault::None);
    assert_eq!(insert(&store, "2").await, Ok(true));
    assert_eq!(mock.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_keeps_the_connection_and_an_outage_replaces_it() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::AnswersAfter(SECOND));
    for id in ["1", "2", "3", "4"] {
        assert_eq!(insert(&store, id).await, Err(Failure::TimedOut));
    }
    assert_eq!(mock.connections(), 1);
    assert_eq!(insert(&store, "5").await, Err(Failure::TimedOut));
    mock.set(Fault::None);
    advance(SECOND).await;
    assert_eq!(insert(&store, "6").await, Ok(true));
    assert_eq!(mock.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_slow_to_greet_is_connected_to_at_last() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::GreetsAfter(TIMEOUT * 3));
    let before = Instant::now();
    assert_eq!(insert(&store, "1").await, Err(Failure::TimedOut));
    assert_eq!(before.elapsed(), TIMEOUT);
    sleep(TIMEOUT * 3).await;
    assert_eq!(insert(&store, "2").await, Ok(true));
    assert_eq!(mock.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_greets_is_tried_again() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::GreetsAfter(SECOND * 3_600));
    fail_five_times(&store).await;
    assert_eq!(mock.connections(), 1);
    mock.set(Fault::None);
    sleep(SECOND * 2).await;
    assert_eq!(insert(&store, "6").await, Ok(true));
    assert_eq!(mock.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_tried_once_a_second() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::Refuses);
    fail_five_times(&store).await;
    for _ in 0..3 {
        for id in 0..100 {
            insert(&store, &id.to_string()).await.unwrap_err();
        }
        advance(SECOND).await;
    }
    assert_eq!(mock.connections(), 5 + 2);
    assert_eq!(store.health().last_failure, Some("Redis can't be reached"));
}

#[tokio::test(start_paused = true)]
async fn the_eviction_policy_is_asked_for_with_each_connection() {
    let mock = Mock::new();
    let store = store(&mock);
    assert_eq!(store.health().eviction_policy, None);
    for (id, policy) in [("1", "noeviction"), ("2", "allkeys-lru")] {
        mock.set_policy(policy);
        mock.restart();
        assert_eq!(insert(&store, id).await, Ok(true));
        sleep(Duration::from_millis(1)).await;
        assert_eq!(store.health().eviction_policy, Some(policy));
    }
}
