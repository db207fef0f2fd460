//! What Redis answers with an error.

use std::time::Duration;

use http::StatusCode;

use crate::api::Api;
use crate::server::Server;
use crate::support::tokio;

const OK: StatusCode = StatusCode::OK;

/// Asserts that requests get 503 for this reason.
async fn assert_outage(api: &Api, reason: &str) {
    api.assert_outage().await;
    assert_eq!(api.store.health().last_failure, Some(reason));
}

#[tokio::test]
async fn a_full_redis_accepts_nothing() {
    let Some(redis) = Server::start() else { return };
    let api = Api::new(&redis.url());
    assert_eq!(api.send_new("before").await, OK);
    redis.command::<()>("CONFIG SET maxmemory 1");
    assert_outage(&api, "Redis is out of memory (OOM)").await;
    redis.command::<()>("CONFIG SET maxmemory 0");
    api.wait_for(OK).await;
}

#[tokio::test]
async fn a_primary_that_became_a_replica_accepts_nothing() {
    let Some(redis) = Server::start() else { return };
    let api = Api::new(&redis.url());
    assert_eq!(api.send_new("before").await, OK);
    redis.command::<()>("REPLICAOF 127.0.0.1 1");
    assert_outage(&api, "this Redis is read-only (READONLY)").await;
    redis.command::<()>("REPLICAOF NO ONE");
    api.wait_for(OK).await;
}

#[tokio::test]
async fn a_redis_without_enough_replicas_accepts_nothing() {
    let Some(redis) = Server::start() else { return };
    let api = Api::new(&redis.url());
    redis.command::<()>("CONFIG SET min-replicas-to-write 1");
    assert_outage(&api, "Redis can't write: no primary, or no disk").await;
}

#[tokio::test]
async fn a_redis_that_loads_its_data_accepts_nothing_until_it_is_done() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let api = Api::new(&redis.url());
    assert_eq!(api.send_new("before").await, OK);
    for key in 0..300 {
        redis.command::<()>(&format!("SET key{key} {}", "value".repeat(2_000)));
    }
    redis.command::<()>("SAVE");
    redis.kill();
    // 10 ms for each key.
    let slow = [
        "--key-load-delay",
        "10000",
        "--loading-process-events-interval-bytes",
        "1024",
    ];
    redis.restart(&slow);
    redis.wait_until(|answer| {
        let code = answer.as_ref().err().and_then(::redis::RedisError::code);
        code == Some("LOADING")
    });
    assert_outage(&api, "Redis is loading its data (LOADING)").await;
    redis.wait_until(Result::is_ok);
    api.wait_for(OK).await;
}

#[tokio::test]
async fn a_wrong_password_accepts_nothing_and_is_not_shown() {
    let options = ["--requirepass", "right"];
    let Some(redis) = Server::start_with(&options) else {
        return;
    };
    let wrong = format!("redis://:hunter2@127.0.0.1:{}", redis.port);
    for url in [&wrong, &redis.url()] {
        let api = Api::new(url);
        assert_outage(&api, "Redis rejected the credentials").await;
        let shown = format!("{:?} {:?}", api.store, api.store.health());
        assert!(!shown.contains("hunter2"));
    }
    let right = format!("redis://:right@127.0.0.1:{}", redis.port);
    assert_eq!(Api::new(&right).send_new("1").await, OK);
}

#[tokio::test]
async fn a_user_without_permission_accepts_nothing() {
    let Some(redis) = Server::start() else { return };
    let user = |name, rules| {
        redis.command::<()>(&format!("ACL SETUSER {name} on >secret {rules}"));
        Api::new(&format!("redis://{name}:secret@127.0.0.1:{}", redis.port))
    };
    let reason = "Redis rejected the command: its user may not use it, or the key";
    assert_outage(&user("reader", "~* +get"), reason).await;
    assert_outage(&user("other", "~other:* +set"), reason).await;
    // What the guide says is enough.
    let api = user("api", "~test:* +set +info");
    assert_eq!(api.send_new("1").await, OK);
    for _ in 0..100 {
        if api.store.health().eviction_policy == Some("noeviction") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the policy is not known");
}

#[tokio::test]
async fn a_redis_with_too_many_clients_accepts_nothing() {
    let Some(redis) = Server::start() else { return };
    redis.command::<()>("CONFIG SET maxclients 1");
    let other = ::redis::Client::open(redis.url()).unwrap();
    let connection = other.get_connection().unwrap();
    Api::new(&redis.url()).assert_outage().await;
    drop(connection);
}
