//! What is sent, and what its answer means.

use std::time::Duration;

use ::redis::{ServerErrorKind, Value};

use super::mock::{Fault, Mock};
use super::{Failure, TIMEOUT, insert, store};
use crate::redis::RedisReplayStore;
use crate::{InsertOutcome, OnRedisOutage, ReplayKey, ReplayStore as _};

#[tokio::test(start_paused = true)]
async fn a_proof_is_used_once_by_all_stores_with_one_server_and_prefix() {
    let mock = Mock::new();
    let stores = [store(&mock), store(&mock)];
    assert_eq!(insert(&stores[0], "1").await, Ok(true));
    for store in &stores {
        assert_eq!(insert(store, "1").await, Ok(false));
    }
    assert_eq!(insert(&stores[1], "2").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn each_use_is_one_set_nx_px() {
    let mock = Mock::new();
    let store = store(&mock);
    for (ttl, expected) in [
        (Duration::from_secs(60), "60000"),
        (Duration::ZERO, "1"),
        (Duration::from_nanos(1), "1"),
        (Duration::from_nanos(1_000_001), "2"),
        (Duration::MAX, "31536000000000"),
    ] {
        let InsertOutcome::Pending(outcome) =
            store.insert_once(ReplayKey::token("https://a.example", "42"), ttl)
        else {
            panic!("it waits for the server");
        };
        outcome.await.unwrap();
        let sent = mock.sent().pop().unwrap();
        let arguments: Vec<_> = sent.split("\r\n").skip(2).step_by(2).collect();
        let [command, key, rest @ ..] = &arguments[..] else {
            panic!("{sent}")
        };
        assert_eq!((*command, key.len()), ("SET", "test:token:".len() + 22));
        assert_eq!(rest, ["1", "NX", "PX", expected]);
    }
    assert_eq!(mock.sent().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_an_outage_and_nothing_is_sent_again() {
    let mock = Mock::new();
    let store = store(&mock);
    mock.set(Fault::LosesAnswer);
    let before = tokio::time::Instant::now();
    assert_eq!(insert(&store, "1").await, Err(Failure::TimedOut));
    assert_eq!(before.elapsed(), TIMEOUT);
    assert_eq!(mock.sent().len(), 1);
    mock.set(Fault::None);
    // The server had executed it.
    assert_eq!(insert(&store, "1").await, Ok(false));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_none_to_the_command_accepts_nothing() {
    let mock = Mock::new();
    let error = |kind| ::redis::RedisError::from((kind, "an error of the server"));
    for (answer, failure) in [
        (Value::Int(1), Failure::UnexpectedAnswer),
        (
            Value::SimpleString("QUEUED".to_owned()),
            Failure::UnexpectedAnswer,
        ),
        (Value::Array(vec![Value::Okay]), Failure::UnexpectedAnswer),
    ] {
        let store = store(&mock);
        mock.set(Fault::Says(answer));
        assert_eq!(insert(&store, "1").await, Err(failure));
    }
    let read_only = error(ServerErrorKind::ReadOnly.into());
    assert_eq!(Failure::from(&read_only), Failure::ReadOnly);
}

#[test]
fn outside_a_runtime_an_operation_fails() {
    let store = store(&Mock::new());
    let outcome = futures::executor::block_on(insert(&store, "1"));
    assert_eq!(outcome, Err(Failure::NoRuntime));
}

#[test]
fn a_setting_that_can_not_work_is_an_error() {
    let build = |url: &str, prefix: &str, timeout| {
        let builder = RedisReplayStore::builder(url, prefix, OnRedisOutage::Reject);
        builder.timeout(timeout).build()
    };
    let local = "redis://localhost";
    for (millis, is_valid) in [(9, false), (10, true), (2_000, true), (2_001, false)] {
        let result = build(local, "a", Duration::from_millis(millis));
        assert_eq!(result.is_ok(), is_valid, "{millis}");
    }
    let error = build(local, "a", Duration::from_millis(9)).unwrap_err();
    let expected = "timeout of Redis is 9ms: must be from 10ms to 2s";
    assert_eq!(error.to_string(), expected);
    assert!(build(local, "", TIMEOUT).is_err());
    assert!(build("localhost", "a", TIMEOUT).is_err());
    let remote = RedisReplayStore::builder("redis://10.0.0.1", "a", OnRedisOutage::Reject);
    assert!(remote.allow_plain_tcp().build().is_ok());
}

#[test]
fn no_debug_output_shows_the_url() {
    let url = "redis://alice:hunter2@localhost";
    let builder = RedisReplayStore::builder(url, "shop", OnRedisOutage::Reject);
    let shown = format!("{builder:?}");
    let store = builder.build().unwrap();
    for shown in [shown, format!("{store:?}"), format!("{:?}", store.health())] {
        assert!(
            !shown.contains("hunter2") && !shown.contains("alice"),
            "{shown}"
        );
    }
}
