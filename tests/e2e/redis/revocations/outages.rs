//! Redis gives no answer.

use std::time::{Duration, Instant};

use http::StatusCode;
use tower_jwt_auth::{OnStaleRevocations, RedisRevocationStore};

use super::instance::{Instance, MAX_STALENESS};
use crate::server::Server;
use crate::support::tokio;
use crate::support::tokio::time::sleep;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// Asserts that requests are accepted until the list is stale, and rejected then.
async fn assert_goes_stale(instance: &Instance) {
    let start = Instant::now();
    instance.wait_for("user", UNAVAILABLE).await;
    let elapsed = start.elapsed();
    // A list is up to a second old when an outage begins.
    let (early, late) = (Duration::from_millis(1_500), Duration::from_secs(1));
    let expected = MAX_STALENESS.saturating_sub(early)..MAX_STALENESS + late;
    assert!(expected.contains(&elapsed), "{elapsed:?}");
    assert!(instance.health().stale && instance.health().rejected_stale > 0);
}

#[tokio::test]
async fn a_redis_that_hangs_makes_the_list_stale_and_no_request_wait() {
    let Some(redis) = Server::start() else { return };
    let instance = Instance::start(&redis.url()).await;
    instance.revoke("revoked");
    instance.list.stored().await.unwrap();
    redis.hang();
    assert_goes_stale(&instance).await;
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(instance.send("user").await, UNAVAILABLE);
        assert_eq!(instance.send("revoked").await, UNAUTHORIZED);
    }
    assert!(start.elapsed() < Duration::from_secs(2));
    instance.revoke("later");
    instance.list.stored().await.unwrap_err();
    redis.go_on();
    instance.wait_for("user", OK).await;
    instance.list.stored().await.unwrap();
    let other = Instance::start(&redis.url()).await;
    assert_eq!(other.send("later").await, UNAUTHORIZED);
}

#[tokio::test]
async fn an_instance_that_starts_without_redis_rejects_until_it_has_the_list() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    redis.kill();
    let last_known = OnStaleRevocations::UseLastKnownFor(Duration::from_secs(3_600));
    let store = RedisRevocationStore::builder(redis.url(), "test");
    let instance = Instance::with(store, last_known);
    assert_eq!(instance.send("user").await, UNAVAILABLE);
    instance.wait_until(|health| health.failures > 2).await;
    let error = instance.health().last_error.unwrap();
    assert_eq!(error, "Redis can't be reached");
    redis.restart(&[]);
    instance.wait_for("user", OK).await;
}

#[tokio::test]
async fn the_last_known_list_is_used_for_as_long_as_is_set() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let last_known = OnStaleRevocations::UseLastKnownFor(MAX_STALENESS + Duration::from_secs(3));
    let store = RedisRevocationStore::builder(redis.url(), "test");
    let instance = Instance::with(store, last_known);
    instance.list.loaded().await.unwrap();
    instance.revoke("revoked");
    redis.kill();
    sleep(MAX_STALENESS + Duration::from_secs(1)).await;
    assert_eq!(instance.send("user").await, OK);
    assert_eq!(instance.send("revoked").await, UNAUTHORIZED);
    assert_eq!(
        (instance.health().stale, instance.health().accepted_stale),
        (true, 1)
    );
    sleep(Duration::from_secs(3)).await;
    assert_eq!(instance.send("user").await, UNAVAILABLE);
    assert_eq!(instance.send("revoked").await, UNAUTHORIZED);
}

#[tokio::test]
async fn a_full_redis_takes_no_revocation_and_the_list_stays_up_to_date() {
    let Some(redis) = Server::start() else { return };
    let instances = [
        Instance::start(&redis.url()).await,
        Instance::start(&redis.url()).await,
    ];
    redis.command::<()>("CONFIG SET maxmemory 1");
    instances[0].revoke("user");
    let error = instances[0].list.stored().await.unwrap_err().to_string();
    assert!(error.ends_with("Redis is out of memory (OOM)"), "{error}");
    assert_eq!(instances[0].send("user").await, UNAUTHORIZED);
    assert_eq!(instances[1].send("user").await, OK);
    assert!(!instances[1].health().stale);
    redis.command::<()>("CONFIG SET maxmemory 0");
    instances[0].list.stored().await.unwrap();
    instances[1].wait_for("user", UNAUTHORIZED).await;
}
