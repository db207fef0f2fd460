//! Of all instances, one accepts a proof, once.

use std::time::Duration;

use futures::future::{join, join_all};
use http::StatusCode;
use tower_jwt_auth::{OnRedisOutage, RedisReplayStore, ReplayKey, ReplayStore as _};

use crate::api::Api;
use crate::server::Server;
use crate::support::tokio;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_instances_that_see_the_same_proof_at_once_one_accepts_it() {
    let Some(redis) = Server::start() else { return };
    let apis = [Api::new(&redis.url()), Api::new(&redis.url())];
    let mut accepted = [0, 0];
    for id in 0..1_000 {
        let proof = apis[0].proof(&id.to_string());
        // Each is asked first in turn.
        let (first, second) = (&apis[id % 2], &apis[(id + 1) % 2]);
        let (one, other) = join(first.send(&proof), second.send(&proof)).await;
        let (one, other) = if id % 2 == 0 {
            (one, other)
        } else {
            (other, one)
        };
        for (accepted, status) in accepted.iter_mut().zip([one, other]) {
            *accepted += u32::from(status == OK);
        }
        let mut both = [one, other];
        both.sort_unstable();
        assert_eq!(both, [OK, UNAUTHORIZED], "{id}");
    }
    assert_eq!(accepted[0] + accepted[1], 1_000);
    assert!(accepted[0] > 0 && accepted[1] > 0, "{accepted:?}");
    assert_eq!(redis.command::<u64>("DBSIZE"), 1_000);
}

#[tokio::test]
async fn entries_expire_and_show_nothing_of_the_proof() {
    let Some(redis) = Server::start() else { return };
    let api = Api::new(&redis.url());
    assert_eq!(api.send_new("{an id}*\r\n").await, OK);
    let keys: Vec<String> = redis.command("KEYS *");
    let [key] = &keys[..] else { panic!("{keys:?}") };
    let hash = key.strip_prefix("test:proof:").unwrap();
    assert_eq!(hash.len(), 22);
    assert!(!hash.contains("id"), "{hash}");
    assert_eq!(redis.command::<String>(&format!("GET {key}")), "1");
    // The age of a proof, the leeway twice, and the margin.
    let ttl: i64 = redis.command(&format!("PTTL {key}"));
    assert!((1..=10 * 60 * 1_000).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn a_burst_shares_one_connection() {
    let Some(redis) = Server::start() else { return };
    let store = RedisReplayStore::builder(redis.url(), "test", OnRedisOutage::Reject);
    let store = store.timeout(Duration::from_secs(2)).build().unwrap();
    let ids: Vec<_> = (0..2_000).map(|id| id.to_string()).collect();
    let inserts = ids.iter().map(|id| async {
        let key = ReplayKey::proof("thumbprint", id);
        store.insert_once(key, Duration::from_secs(60)).wait().await
    });
    let before: u64 = connections(&redis);
    let outcomes = join_all(inserts).await;
    assert!(outcomes.into_iter().all(|outcome| outcome.unwrap()));
    // The other one is that of the question.
    assert_eq!(connections(&redis) - before, 2);
    assert_eq!(store.health().answered, 2_000);
}

fn connections(redis: &Server) -> u64 {
    let info: String = redis.command("INFO stats");
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("total_connections_received:"));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_key_of_another_type_rejects_the_proof_and_no_other() {
    let Some(redis) = Server::start() else { return };
    let api = Api::new(&redis.url());
    let proof = api.proof("1");
    assert_eq!(api.send(&proof).await, OK);
    let keys: Vec<String> = redis.command("KEYS *");
    redis.command::<()>("FLUSHALL");
    redis.command::<()>(&format!("RPUSH {} value", keys[0]));
    assert_eq!(api.send(&proof).await, UNAUTHORIZED);
    assert_eq!(api.send_new("2").await, OK);
}

#[tokio::test]
async fn what_redis_has_forgotten_is_accepted_once_more() {
    let Some(redis) = Server::start() else { return };
    let (api, with_memory) = (Api::new(&redis.url()), Api::with_memory(&redis.url()));
    let proofs = [api.proof("1"), with_memory.proof("2")];
    assert_eq!(api.send(&proofs[0]).await, OK);
    assert_eq!(with_memory.send(&proofs[1]).await, OK);
    redis.command::<()>("FLUSHALL");
    assert_eq!(api.send(&proofs[0]).await, OK);
    assert_eq!(api.send(&proofs[0]).await, UNAUTHORIZED);
    // The instance that has accepted it still knows.
    assert_eq!(with_memory.send(&proofs[1]).await, UNAUTHORIZED);
}
