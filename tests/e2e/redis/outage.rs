//! Redis hangs, crashes and comes back.

use std::time::Duration;

use http::StatusCode;

use crate::api::Api;
use crate::server::{Server, free_port};
use crate::support::tokio;
use crate::support::tokio::time::sleep;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

#[tokio::test]
async fn while_redis_hangs_requests_get_503_in_time() {
    let Some(redis) = Server::start() else { return };
    let api = Api::new(&redis.url());
    let proof = api.proof("before");
    assert_eq!(api.send(&proof).await, OK);
    redis.hang();
    api.assert_outage().await;
    let reason = api.store.health().last_failure;
    assert_eq!(reason, Some("Redis did not respond in time"));
    redis.go_on();
    api.wait_for(OK).await;
    assert!(api.store.is_available());
    assert_eq!(api.send(&proof).await, UNAUTHORIZED);
}

#[tokio::test]
async fn a_connection_to_a_server_that_hangs_is_not_waited_for() {
    let Some(redis) = Server::start() else { return };
    redis.hang();
    // The kernel accepts the connection.
    let api = Api::new(&redis.url());
    api.assert_outage().await;
    redis.go_on();
    api.wait_for(OK).await;
}

#[tokio::test]
async fn a_crash_costs_no_more_than_the_time_limit_and_ends_with_the_restart() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let api = Api::new(&redis.url());
    assert_eq!(api.send_new("before").await, OK);
    redis.kill();
    api.assert_outage().await;
    redis.restart(&[]);
    api.wait_for(OK).await;
}

#[tokio::test]
async fn a_restart_while_idle_costs_no_request() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let api = Api::new(&redis.url());
    for id in 0..3 {
        assert_eq!(api.send_new(&id.to_string()).await, OK);
        redis.kill();
        redis.restart(&[]);
        redis.wait_until(Result::is_ok);
        // The end of the connection is noticed.
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(api.store.health().failed, 0);
}

#[tokio::test]
async fn an_instance_that_starts_without_redis_serves_when_it_is_there() {
    if std::env::var_os("REDIS_SERVER_PROGRAM").is_none() {
        return;
    }
    let api = Api::new(&format!("redis://127.0.0.1:{}", free_port()));
    assert!(api.store.is_available(), "not asked yet");
    api.assert_outage().await;
    let reason = api.store.health().last_failure;
    assert_eq!(reason, Some("Redis can't be reached"));
}

#[tokio::test]
async fn with_memory_each_instance_accepts_a_proof_once_in_an_outage() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let apis = [
        Api::with_memory(&redis.url()),
        Api::with_memory(&redis.url()),
    ];
    let before = apis[0].proof("before");
    assert_eq!(apis[0].send(&before).await, OK);
    assert_eq!(apis[1].send(&before).await, UNAUTHORIZED);
    redis.kill();
    let during = apis[0].proof("during");
    for api in &apis {
        assert_eq!(api.send(&before).await, UNAUTHORIZED);
        assert_eq!(api.send(&during).await, OK);
        assert_eq!(api.send(&during).await, UNAUTHORIZED);
        assert_eq!(api.store.health().answered_by_memory, 1);
    }
    redis.restart(&[]);
    redis.wait_until(Result::is_ok);
    for api in &apis {
        assert_eq!(api.send(&during).await, UNAUTHORIZED, "known here");
        assert_eq!(api.send(&before).await, UNAUTHORIZED, "known here");
        assert_ne!(api.send_new("after").await, UNAVAILABLE);
    }
}
