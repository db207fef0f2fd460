//! Connecting before the first request.

use std::time::Duration;

use tokio::time::Instant;

use super::mock::{Fault, Mock};
use super::{Failure, TIMEOUT, insert, store};
use crate::ReplayStore as _;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_first_request_does_not_wait_for_a_connection_that_is_open() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::GreetsAfter(TIMEOUT * 3));
    store.connect().await.unwrap();
    let before = Instant::now();
    assert_eq!(insert(&store, "1").await, Ok(true));
    assert_eq!(before.elapsed(), Duration::ZERO);
    store.connect().await.unwrap();
    assert_eq!(mock.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_eviction_policy_is_known_once_the_store_is_connected() {
    let mock = Mock::new();
    mock.set_policy("allkeys-lru");
    let store = store(&mock);
    store.connect().await.unwrap();
    assert_eq!(store.health().eviction_policy, Some("allkeys-lru"));
}

#[tokio::test(start_paused = true)]
async fn a_layer_connects_its_store_when_it_prefetches() {
    let mock = Mock::new();
    let store = store(&mock);
    store.prepare().await.unwrap();
    assert_eq!(mock.connections(), 1);
    mock.restart();
    mock.set(Fault::Refuses);
    let error = store.prepare().await.unwrap_err();
    assert_eq!(error.to_string(), "Redis can't be reached");
}

#[tokio::test(start_paused = true)]
async fn why_it_is_not_connected_is_said_and_the_next_attempt_is_a_new_one() {
    for (fault, reason) in [
        (Fault::Refuses, "Redis can't be reached"),
        (
            Fault::GreetsAfter(SECOND * 10),
            "Redis did not respond in time",
        ),
        (
            Fault::AnswersAfter(SECOND * 10),
            "Redis did not respond in time",
        ),
        (
            Fault::Fails(Failure::Credentials),
            "Redis rejected the credentials",
        ),
        (
            Fault::Fails(Failure::Loading),
            "Redis is loading its data (LOADING)",
        ),
    ] {
        let mock = Mock::new();
        let store = store(&mock);
        mock.set(fault);
        let before = Instant::now();
        let error = store.connect().await.unwrap_err();
        assert_eq!((error.reason(), &*error.to_string()), (reason, reason));
        assert!(before.elapsed() <= SECOND * 4);
        mock.set(Fault::None);
        store.connect().await.unwrap();
        assert_eq!(mock.connections(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_say_its_policy_is_connected_to() {
    for failure in [Failure::Permissions, Failure::OtherError] {
        let mock = Mock::new();
        let store = store(&mock);
        mock.set(Fault::Fails(failure));
        store.connect().await.unwrap();
        assert_eq!(store.health().eviction_policy, None);
    }
}

#[tokio::test(start_paused = true)]
async fn connecting_does_not_count_for_the_circuit() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::Refuses);
    for _ in 0..10 {
        store.connect().await.unwrap_err();
    }
    assert!(store.is_available());
    assert_eq!((store.health().failed, store.health().skipped), (0, 0));
}

#[test]
fn outside_a_runtime_it_fails() {
    let store = store(&Mock::new());
    let error = futures::executor::block_on(store.connect()).unwrap_err();
    assert_eq!(error.reason(), "Redis is asked outside a tokio runtime");
}
