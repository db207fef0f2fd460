//! The primary crashes, and Sentinel makes the replica the primary.

use std::time::Duration;

use http::StatusCode;
use tower_jwt_auth::{OnRedisOutage, RedisReplayStore};

use crate::api::Api;
use crate::server::Server;
use crate::support::tokio;
use crate::support::tokio::time::sleep;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

pub(crate) struct Servers {
    pub(crate) primary: Server,
    pub(crate) replica: Server,
    pub(crate) sentinel: Server,
}

impl Servers {
    pub(crate) async fn start() -> Option<Self> {
        let primary = Server::start()?;
        let port = primary.port.to_string();
        let replica = Server::start_with(&["--replicaof", "127.0.0.1", &port])?;
        let sentinel = Server::start_sentinel("orders", &primary)?;
        let servers = Self {
            primary,
            replica,
            sentinel,
        };
        servers.wait_for_replica().await;
        Some(servers)
    }

    /// Waits until the replica is in step, and Sentinel knows it.
    async fn wait_for_replica(&self) {
        for _ in 0..1_000 {
            let info: String = self.replica.command("INFO replication");
            let known: String = self.sentinel.command("INFO sentinel");
            if info.contains("master_link_status:up") && known.contains("slaves=1") {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("the replica is not in step");
    }

    /// Returns an instance that knows the sentinel, and one that is not there.
    fn api(&self) -> Api {
        let store = RedisReplayStore::builder("redis://orders", "test", OnRedisOutage::Reject);
        let down = "redis://127.0.0.1:1".to_owned();
        Api::of(
            store
                .sentinels([down, self.sentinel.url()])
                .allow_plain_tcp(),
        )
    }
}

#[tokio::test]
async fn after_a_failover_the_new_primary_is_used_and_knows_what_was_used() {
    let Some(mut servers) = Servers::start().await else {
        return;
    };
    let api = servers.api();
    let before: Vec<_> = (0..20)
        .map(|id| api.proof(&format!("before {id}")))
        .collect();
    for proof in &before {
        assert_eq!(api.send(proof).await, OK);
    }
    let replicated: u64 = servers.replica.command("DBSIZE");
    assert_eq!(replicated, 20, "replicated before the crash");
    servers.primary.kill();
    let mut statuses = Vec::new();
    for id in 0..2_000 {
        let status = api.send_new(&format!("during {id}")).await;
        statuses.push(status);
        if status == OK {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(statuses.pop(), Some(OK));
    assert!(statuses.iter().all(|status| *status == UNAVAILABLE));
    for proof in &before {
        assert_eq!(api.send(proof).await, UNAUTHORIZED);
    }
    assert!(servers.replica.command::<u64>("DBSIZE") > 20);
}

#[tokio::test]
async fn a_primary_that_sentinel_demotes_is_left() {
    let Some(servers) = Servers::start().await else {
        return;
    };
    let api = servers.api();
    assert_eq!(api.send_new("before").await, OK);
    servers.sentinel.command::<()>("SENTINEL FAILOVER orders");
    for id in 0..1_000 {
        let status = api.send_new(&format!("during {id}")).await;
        assert!([OK, UNAVAILABLE].contains(&status), "{status}");
        let role: String = servers.replica.command("INFO replication");
        if status == OK && role.contains("role:master") {
            let keys: u64 = servers.replica.command("DBSIZE");
            assert!(keys > 1);
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("the new primary is not used");
}

#[tokio::test]
async fn a_service_that_sentinel_does_not_know_is_an_outage() {
    let Some(servers) = Servers::start().await else {
        return;
    };
    let store = RedisReplayStore::builder("redis://other", "test", OnRedisOutage::Reject);
    let api = Api::of(store.sentinels([servers.sentinel.url()]).allow_plain_tcp());
    api.assert_outage().await;
    let reason = api.store.health().last_failure;
    assert_eq!(reason, Some("Sentinel knows no primary of this name"));
}
