//! An outage with this instance's memory in place of Redis.

use std::time::Duration;

use tokio::time::advance;

use super::mock::{Fault, Mock};
use super::{Failure, fail_five_times, in_memory, insert, store, store_with};
use crate::{
    InsertOutcome, InsertResponse, MemoryReplayStore, OnRedisOutage, ReplayKey, ReplayStore as _,
};

#[tokio::test(start_paused = true)]
async fn in_an_outage_this_instance_accepts_a_proof_once() {
    let mock = Mock::new();
    let store = store_with(&mock, in_memory());
    mock.set(Fault::Refuses);
    for id in 0..20 {
        let id = id.to_string();
        assert_eq!(insert(&store, &id).await, Ok(true));
        assert_eq!(insert(&store, &id).await, Ok(false));
    }
    let health = store.health();
    assert!(!health.available);
    assert_eq!(
        (health.answered_by_memory, health.failed, health.skipped),
        (20, 5, 15)
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_used_here_before_the_outage_is_not_accepted_in_it() {
    let mock = Mock::new();
    let store = store_with(&mock, in_memory());
    assert_eq!(insert(&store, "1").await, Ok(true));
    mock.set(Fault::Refuses);
    assert_eq!(insert(&store, "1").await, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn what_was_used_in_the_outage_is_not_accepted_here_after_it() {
    let mock = Mock::new();
    let store = store_with(&mock, in_memory());
    mock.set(Fault::Fails(Failure::Loading));
    for id in ["1", "2", "3", "4", "5", "6"] {
        assert_eq!(insert(&store, id).await, Ok(true));
    }
    mock.set(Fault::None);
    advance(Duration::from_secs(1)).await;
    assert_eq!(insert(&store, "6").await, Ok(false));
    assert_eq!(insert(&store, "7").await, Ok(true));
    assert!(store.is_available());
}

#[tokio::test(start_paused = true)]
async fn while_redis_answers_it_decides() {
    let mock = Mock::new();
    let (one, other) = (store_with(&mock, in_memory()), store(&mock));
    assert_eq!(insert(&other, "1").await, Ok(true));
    assert_eq!(insert(&one, "1").await, Ok(false));
    assert_eq!(one.health().answered_by_memory, 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_memory_changes_nothing_unless_there_is_an_outage() {
    let mock = Mock::new();
    let memory = MemoryReplayStore::new(1).unwrap();
    let store = store_with(&mock, OnRedisOutage::Memory(memory));
    for id in ["1", "2", "3"] {
        assert_eq!(insert(&store, id).await, Ok(true));
        assert_eq!(insert(&store, id).await, Ok(false));
    }
    mock.set(Fault::Refuses);
    let key = ReplayKey::proof("thumbprint", "4");
    let outcome = store.insert_once(key, super::TTL);
    let error = outcome.wait().await.unwrap_err().to_string();
    assert!(error.starts_with("the store of used proofs"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn without_it_an_outage_is_an_error() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::Refuses);
    fail_five_times(&store).await;
    assert_eq!(insert(&store, "6").await, Err(Failure::CircuitOpen));
}

#[tokio::test(start_paused = true)]
async fn an_answer_says_whether_it_is_from_memory() {
    let mock = Mock::new();
    let store = store_with(&mock, in_memory());
    let cases = [
        ("1", Fault::None, InsertResponse::Store(true)),
        ("2", Fault::Refuses, InsertResponse::Fallback(true)),
    ];
    for (id, fault, expected) in cases {
        mock.set(fault);
        let key = ReplayKey::proof("thumbprint", id);
        let InsertOutcome::PendingWithFallback(answer) = store.insert_once(key, super::TTL) else {
            panic!("it waits for the server");
        };
        assert_eq!(answer.await.unwrap(), expected);
    }
}
