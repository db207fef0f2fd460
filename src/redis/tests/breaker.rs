//! An outage delays few requests, and ends soon after the server is back.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, advance};

use super::mock::{Fault, Mock};
use super::{Failure, TIMEOUT, fail_five_times, insert, store};
use crate::{ReplayStore as _, StoreFailure};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn after_five_failures_no_request_waits_for_a_second() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::AnswersAfter(SECOND));
    fail_five_times(&store).await;
    let before = Instant::now();
    for id in 0..100 {
        let outcome = insert(&store, &id.to_string()).await;
        assert_eq!(outcome, Err(Failure::CircuitOpen));
    }
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(mock.sent().len(), 5);
    let health = store.health();
    assert_eq!(
        (health.failed, health.skipped, health.answered),
        (5, 100, 0)
    );
    assert_eq!(health.last_failure, Some("Redis did not respond in time"));
}

#[tokio::test(start_paused = true)]
async fn one_request_probes_and_the_others_do_not_wait_for_it() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::AnswersAfter(SECOND));
    fail_five_times(&store).await;
    advance(SECOND).await;
    let ids: Vec<_> = (0..20).map(|id| id.to_string()).collect();
    let outcomes = join_all(ids.iter().map(|id| insert(&store, id))).await;
    let waited = outcomes
        .iter()
        .filter(|outcome| **outcome == Err(Failure::TimedOut));
    assert_eq!(waited.count(), 1);
    assert_eq!(mock.sent().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_answered_ends_the_outage() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::Fails(Failure::OutOfMemory));
    fail_five_times(&store).await;
    mock.set(Fault::None);
    assert_eq!(insert(&store, "1").await, Err(Failure::CircuitOpen));
    advance(SECOND).await;
    assert_eq!(insert(&store, "1").await, Ok(true));
    assert!(store.is_available());
    assert_eq!(store.health().last_failure, None);
    assert_eq!(insert(&store, "1").await, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_request_is_cancelled_makes_way_for_the_next() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::AnswersAfter(SECOND));
    fail_five_times(&store).await;
    advance(SECOND).await;
    let cancelled = tokio::time::timeout(TIMEOUT / 2, insert(&store, "1")).await;
    assert!(cancelled.is_err());
    mock.set(Fault::None);
    assert_eq!(insert(&store, "2").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn a_burst_waits_for_the_time_limit_and_no_longer() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::AnswersAfter(SECOND));
    let before = Instant::now();
    let ids: Vec<_> = (0..1_000).map(|id| id.to_string()).collect();
    let outcomes = join_all(ids.iter().map(|id| insert(&store, id))).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| *outcome == Err(Failure::TimedOut))
    );
    assert_eq!(before.elapsed(), TIMEOUT);
    assert!(!store.is_available());
}

#[tokio::test]
async fn observers_can_tell_a_timeout_and_an_open_circuit_from_other_failures() {
    let store = store(&Mock::new());
    for (failure, expected) in [
        (Failure::TimedOut, StoreFailure::TimedOut),
        (Failure::CircuitOpen, StoreFailure::Skipped),
        (Failure::Loading, StoreFailure::Failed),
    ] {
        assert_eq!(store.failure(&failure), expected);
    }
    assert_eq!(store.failure(&std::fmt::Error), StoreFailure::Failed);
}
