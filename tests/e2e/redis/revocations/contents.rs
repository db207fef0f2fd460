//! What is in Redis, and what else could be there.

use http::StatusCode;

use super::instance::Instance;
use crate::server::Server;
use crate::support::{ISSUER, tokio};

const LIST: &str = "{test:revocations}:list";
const CHANGES: &str = "{test:revocations}:changes";

/// Returns all that is in Redis, as bytes.
fn dump(redis: &Server) -> Vec<u8> {
    let members: Vec<Vec<u8>> = redis.command(&format!("ZRANGE {LIST} 0 -1"));
    let changes: ::redis::Value = redis.command(&format!("XRANGE {CHANGES} - +"));
    let keys: Vec<Vec<u8>> = redis.command("KEYS *");
    let mut all = format!("{changes:?}").into_bytes();
    all.extend(members.into_iter().chain(keys).flatten());
    all
}

#[tokio::test]
async fn the_keys_expire_and_show_nothing_of_what_was_revoked() {
    let Some(redis) = Server::start() else { return };
    let instance = Instance::start(&redis.url()).await;
    instance.revoke("alice");
    instance.list.revoke_session(ISSUER, "telltale").unwrap();
    instance.list.stored().await.unwrap();
    let mut keys: Vec<String> = redis.command("KEYS *");
    keys.sort_unstable();
    assert_eq!(keys, [CHANGES, LIST]);
    let shown = String::from_utf8_lossy(&dump(&redis)).into_owned();
    for text in ["alice", "telltale", "issuer.example"] {
        assert!(!shown.contains(text), "{shown}");
    }
    for key in keys {
        let ttl: u64 = redis.command(&format!("TTL {key}"));
        // The maximum lifetime of tokens, and the margins.
        assert!((25 * 3_600..26 * 3_600).contains(&ttl), "{ttl}");
    }
}

#[tokio::test]
async fn entries_that_have_ended_are_removed_at_the_next_write() {
    let Some(redis) = Server::start() else { return };
    let instance = Instance::start(&redis.url()).await;
    redis.command::<()>(&format!("ZADD {LIST} 1000 {}", "x".repeat(21)));
    instance.revoke("user");
    instance.list.stored().await.unwrap();
    assert_eq!(redis.command::<u64>(&format!("ZCARD {LIST}")), 1);
}

#[tokio::test]
async fn a_key_of_another_type_fails_the_load() {
    let Some(redis) = Server::start() else { return };
    redis.command::<()>(&format!("SET {LIST} value"));
    let instance = Instance::new(&redis.url());
    instance.wait_until(|health| health.failures > 1).await;
    let error = instance.health().last_error.unwrap();
    assert!(error.contains("WRONGTYPE"), "{error}");
    assert_eq!(instance.send("user").await, StatusCode::SERVICE_UNAVAILABLE);
    redis.command::<()>(&format!("DEL {LIST}"));
    instance.wait_for("user", StatusCode::OK).await;
}

#[tokio::test]
async fn an_entry_that_can_not_be_read_fails_the_load() {
    let Some(redis) = Server::start() else { return };
    for entry in ["short".to_owned(), "x".repeat(21), "y".repeat(100)] {
        redis.command::<()>(&format!("ZADD {LIST} 9000000000000 {entry}"));
        let instance = Instance::new(&redis.url());
        instance.wait_until(|health| health.failures > 0).await;
        let error = instance.health().last_error.unwrap();
        assert!(error.contains("can't be read"), "{error}");
        assert_eq!(instance.send("user").await, StatusCode::SERVICE_UNAVAILABLE);
        redis.command::<()>(&format!("DEL {LIST}"));
    }
}

#[tokio::test]
async fn a_change_that_can_not_be_read_loads_the_list_anew() {
    let Some(redis) = Server::start() else { return };
    let instance = Instance::start(&redis.url()).await;
    redis.command::<()>(&format!("XADD {CHANGES} * e nonsense"));
    instance.wait_until(|health| health.loads > 1).await;
    assert!(instance.health().failures > 0);
    assert_eq!(instance.send("user").await, StatusCode::OK);
}

#[tokio::test]
async fn a_policy_that_evicts_is_known() {
    let options = ["--maxmemory-policy", "allkeys-lru"];
    let Some(redis) = Server::start_with(&options) else {
        return;
    };
    let instance = Instance::start(&redis.url()).await;
    for _ in 0..100 {
        if instance.store.eviction_policy() == Some("allkeys-lru") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the policy is not known");
}

#[tokio::test]
async fn the_permissions_of_the_guide_are_enough() {
    let Some(redis) = Server::start() else { return };
    redis.command::<()>(
        "ACL SETUSER shop on >secret ~{test:revocations}:* +info +eval +time +zadd +zrange \
         +zremrangebyscore +zscan +xadd +xread +xrevrange +pexpire +exists",
    );
    let url = format!("redis://shop:secret@127.0.0.1:{}", redis.port);
    let instances = [Instance::start(&url).await, Instance::start(&url).await];
    instances[0].revoke("user");
    instances[0].list.stored().await.unwrap();
    instances[1]
        .wait_for("user", StatusCode::UNAUTHORIZED)
        .await;
    assert_eq!(instances[1].health().failures, 0);
}
