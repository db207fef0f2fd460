//! Sentinel makes the replica the primary.

use http::StatusCode;
use tower_jwt_auth::RedisRevocationStore;

use super::instance::Instance;
use crate::sentinel::Servers;
use crate::server::Server;
use crate::support::tokio;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

async fn start(servers: &Servers) -> Instance {
    let store = RedisRevocationStore::builder("redis://orders", "test");
    let instance = Instance::of(store.sentinels([servers.sentinel.url()]).allow_plain_tcp());
    instance.list.loaded().await.unwrap();
    instance
}

#[tokio::test]
async fn after_a_crash_of_the_primary_the_new_one_has_all_revocations() {
    let Some(mut servers) = Servers::start().await else {
        return;
    };
    let instances = [start(&servers).await, start(&servers).await];
    instances[0].revoke("before");
    instances[0].list.stored().await.unwrap();
    servers.primary.kill();
    instances[0].revoke("during");
    assert_eq!(instances[0].send("during").await, UNAUTHORIZED);
    instances[1].wait_for("during", UNAUTHORIZED).await;
    let list: u64 = servers.replica.command("ZCARD {test:revocations}:list");
    assert_eq!(list, 2);
    let third = start(&servers).await;
    for user in ["before", "during"] {
        assert_eq!(third.send(user).await, UNAUTHORIZED);
    }
    assert_eq!(third.send("user").await, OK);
}

#[tokio::test]
async fn a_primary_that_sentinel_demotes_is_left() {
    let Some(servers) = Servers::start().await else {
        return;
    };
    let instances = [start(&servers).await, start(&servers).await];
    servers.sentinel.command::<()>("SENTINEL FAILOVER orders");
    instances[1].wait_until(|health| health.loads > 1).await;
    instances[0].revoke("user");
    instances[1].wait_for("user", UNAUTHORIZED).await;
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_not_followed() {
    let Some(redis) = Server::start() else { return };
    let instance = Instance::start(&redis.url()).await;
    redis.command::<()>("REPLICAOF 127.0.0.1 1");
    instance
        .wait_for("user", StatusCode::SERVICE_UNAVAILABLE)
        .await;
    let error = instance.health().last_error.unwrap();
    assert_eq!(error, "this Redis is read-only (READONLY)");
    redis.command::<()>("REPLICAOF NO ONE");
    instance.wait_for("user", OK).await;
}
