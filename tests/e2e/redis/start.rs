//! Connecting before the first request.

use std::time::{Duration, Instant};

use http::StatusCode;
use tower_jwt_auth::{OnRedisOutage, RedisReplayStore};

use crate::api::Api;
use crate::server::{Server, free_port};
use crate::support::dpop::{layer_with, required};
use crate::support::tokio;

fn store(url: &str) -> RedisReplayStore {
    let store = RedisReplayStore::builder(url, "test", OnRedisOutage::Reject);
    store.build().unwrap()
}

#[tokio::test]
async fn a_layer_that_prefetches_is_connected_before_its_first_request() {
    let options = ["--maxmemory-policy", "allkeys-lru"];
    let Some(redis) = Server::start_with(&options) else {
        return;
    };
    let store = store(&redis.url());
    let layer = layer_with(required().replay_store(store.clone()));
    layer.authenticator().prefetch().await.unwrap();
    let health = store.health();
    assert_eq!(health.eviction_policy, Some("allkeys-lru"));
    assert_eq!((health.answered, health.failed), (0, 0));
    let clients = || redis.command::<String>("CLIENT LIST TYPE normal");
    let before = clients();
    // That of the store, and that of this command.
    assert_eq!(before.lines().count(), 2, "{before}");
    store.connect().await.unwrap();
    assert_eq!(clients().lines().count(), 2);
}

#[tokio::test]
async fn an_instance_that_is_connected_serves_its_first_request() {
    let Some(redis) = Server::start() else {
        return;
    };
    let api = Api::new(&redis.url());
    api.store.connect().await.unwrap();
    assert_eq!(api.send_new("1").await, StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_is_down_or_rejects_the_password_is_an_error_that_says_so() {
    let down = format!("redis://127.0.0.1:{}", free_port());
    let error = store(&down).connect().await.unwrap_err();
    assert_eq!(error.to_string(), "Redis can't be reached");
    let Some(redis) = Server::start_with(&["--requirepass", "hunter2"]) else {
        return;
    };
    for url in [
        redis.url(),
        format!("redis://:telltale@127.0.0.1:{}", redis.port),
    ] {
        let error = store(&url).connect().await.unwrap_err();
        assert_eq!(error.reason(), "Redis rejected the credentials");
        assert!(!format!("{error} {error:?}").contains("telltale"));
    }
    let url = format!("redis://:hunter2@127.0.0.1:{}", redis.port);
    store(&url).connect().await.unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_after_4_s() {
    let Some(redis) = Server::start() else {
        return;
    };
    redis.hang();
    let before = Instant::now();
    let error = store(&redis.url()).connect().await.unwrap_err();
    assert_eq!(error.reason(), "Redis did not respond in time");
    assert!(before.elapsed() < Duration::from_secs(5));
    redis.go_on();
}

#[test]
fn check_timeout_must_be_longer_than_the_time_limit_of_redis() {
    let limit = Duration::from_secs(2);
    let store = RedisReplayStore::builder("redis://localhost", "test", OnRedisOutage::Reject);
    let store = store.timeout(limit).build().unwrap();
    let builder = || crate::support::builder().replay_store(store.clone());
    let error = builder().check_timeout(limit).build().unwrap_err();
    let expected = "check_timeout is 2s: must be longer than the timeout of replay_store, 2s";
    assert_eq!(error.to_string(), expected);
    assert!(builder().build().is_ok());
}
