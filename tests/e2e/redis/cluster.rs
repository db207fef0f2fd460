//! A cluster of two nodes, each with one half of the slots.

use http::StatusCode;
use std::time::Duration;
use tower_jwt_auth::{OnRedisOutage, RedisReplayStore};

use crate::api::Api;
use crate::server::Server;
use crate::support::tokio;
use crate::support::tokio::time::sleep;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

/// The port of a node among nodes is 10,000 above that for clients, unless it is set.
fn node() -> Option<Server> {
    let port = crate::server::free_port().to_string();
    let options = ["--cluster-enabled", "yes", "--cluster-port", &port];
    Server::start_with(&options)
}

pub(crate) async fn start() -> Option<[Server; 2]> {
    let nodes = [node()?, node()?];
    nodes[0].command::<()>("CLUSTER ADDSLOTSRANGE 0 8191");
    nodes[1].command::<()>("CLUSTER ADDSLOTSRANGE 8192 16383");
    let info: String = nodes[1].command("CLUSTER NODES");
    // id host:port@port flags …
    let port = info.split(['@', ' ']).nth(2).unwrap();
    let meet = format!("CLUSTER MEET 127.0.0.1 {} {port}", nodes[1].port);
    nodes[0].command::<()>(&meet);
    for _ in 0..1_000 {
        let states = nodes
            .each_ref()
            .map(|node| node.command::<String>("CLUSTER INFO"));
        if states
            .iter()
            .all(|state| state.contains("cluster_state:ok"))
        {
            return Some(nodes);
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("there is no cluster");
}

fn api(first: &str, others: &[String]) -> Api {
    let store = RedisReplayStore::builder(first, "test", OnRedisOutage::Reject);
    Api::of(store.cluster_nodes(others))
}

#[tokio::test]
async fn each_proof_is_used_once_on_the_node_that_has_its_key() {
    let Some(nodes) = start().await else { return };
    let apis = nodes.each_ref().map(|node| {
        let store = RedisReplayStore::builder(node.url(), "test", OnRedisOutage::Reject);
        Api::patient(store.cluster_nodes([""; 0]))
    });
    for id in 0..200 {
        let proof = apis[0].proof(&id.to_string());
        assert_eq!(apis[id % 2].send(&proof).await, OK);
        assert_eq!(apis[(id + 1) % 2].send(&proof).await, UNAUTHORIZED);
    }
    let keys = nodes.each_ref().map(|node| node.command::<u64>("DBSIZE"));
    assert!(keys[0] > 50 && keys[1] > 50, "{keys:?}");
    assert_eq!(keys[0] + keys[1], 200);
}

#[tokio::test]
async fn without_the_setting_a_redirect_is_an_outage() {
    let Some(nodes) = start().await else { return };
    let api = Api::new(&nodes[0].url());
    for id in 0..50 {
        let status = api.send_new(&id.to_string()).await;
        assert!([OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status));
    }
    assert!(api.store.health().failed > 0);
    assert_eq!(nodes[1].command::<u64>("DBSIZE"), 0);
}

#[tokio::test]
async fn a_slot_that_moves_has_each_proof_used_once() {
    let Some(nodes) = start().await else { return };
    let api = api(&nodes[0].url(), &[]);
    let proof = api.proof("1");
    assert_eq!(api.send(&proof).await, OK);
    let is_first = nodes[0].command::<u64>("DBSIZE") == 1;
    let (from, to) = if is_first {
        (&nodes[0], &nodes[1])
    } else {
        (&nodes[1], &nodes[0])
    };
    let keys: Vec<String> = from.command("KEYS *");
    let slot: u64 = from.command(&format!("CLUSTER KEYSLOT {}", keys[0]));
    let [from_id, to_id] = [from, to].map(|node| node.command::<String>("CLUSTER MYID"));
    from.command::<()>(&format!("DEL {}", keys[0]));
    to.command::<()>(&format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}"));
    from.command::<()>(&format!("CLUSTER SETSLOT {slot} MIGRATING {to_id}"));
    // `ASK`, as the key is not there any more.
    assert_eq!(api.send(&proof).await, OK);
    assert_eq!(api.send(&proof).await, UNAUTHORIZED);
    assert_eq!(to.command::<u64>("DBSIZE"), 1);
    for node in [to, from] {
        node.command::<()>(&format!("CLUSTER SETSLOT {slot} NODE {to_id}"));
    }
    // `MOVED`.
    assert_eq!(api.send(&proof).await, UNAUTHORIZED);
    assert_eq!(api.store.health().failed, 0);
}

#[tokio::test]
async fn a_node_that_is_down_at_the_start_is_passed_over() {
    let Some(nodes) = start().await else { return };
    let down = format!("redis://127.0.0.1:{}", crate::server::free_port());
    let api = api(&down, &[nodes[1].url()]);
    for id in 0..20 {
        assert_eq!(api.send_new(&id.to_string()).await, OK);
    }
}

#[tokio::test]
async fn a_node_that_hangs_costs_no_more_than_the_time_limit() {
    let Some(nodes) = start().await else { return };
    let api = api(&nodes[0].url(), &[nodes[1].url()]);
    assert_eq!(api.send_new("before").await, OK);
    nodes[0].hang();
    nodes[1].hang();
    api.assert_outage().await;
    nodes[0].go_on();
    nodes[1].go_on();
    api.wait_for(OK).await;
}
