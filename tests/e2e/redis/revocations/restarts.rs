//! Redis restarts, with and without its data.

use std::time::{Duration, Instant};

use http::StatusCode;

use super::instance::Instance;
use crate::server::Server;
use crate::support::tokio;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

async fn two(redis: &Server) -> [Instance; 2] {
    let url = redis.url();
    [Instance::start(&url).await, Instance::start(&url).await]
}

#[tokio::test]
async fn a_revocation_during_an_outage_reaches_the_others_after_it() {
    let options = ["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut redis) = Server::start_with(&options) else {
        return;
    };
    let instances = two(&redis).await;
    instances[0].revoke("before");
    instances[0].list.stored().await.unwrap();
    redis.kill();
    instances[0].revoke("during");
    instances[0].list.stored().await.unwrap_err();
    assert_eq!(instances[0].health().pending, 1);
    assert_eq!(instances[1].send("during").await, OK);
    redis.restart(&options);
    instances[1].wait_for("during", UNAUTHORIZED).await;
    let third = Instance::start(&redis.url()).await;
    for user in ["before", "during"] {
        assert_eq!(third.send(user).await, UNAUTHORIZED);
    }
}

#[tokio::test]
async fn the_instances_store_their_lists_again_if_redis_has_lost_its_data() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let instances = two(&redis).await;
    for n in 0..1_500 {
        instances[0].revoke(&format!("user {n}"));
    }
    instances[1].wait_for("user 1499", UNAUTHORIZED).await;
    redis.kill();
    // The one that has revoked them is gone, too.
    let [first, second] = instances;
    drop(first);
    redis.restart(&[]);
    redis.wait_until(Result::is_ok);
    second.wait_until(|health| health.loads > 1).await;
    second.list.stored().await.unwrap();
    let third = Instance::start(&redis.url()).await;
    assert_eq!(third.list.len(), 1_500);
    assert_eq!(third.send("user 0").await, UNAUTHORIZED);
}

#[tokio::test]
async fn a_list_that_was_deleted_is_stored_again_within_seconds() {
    let Some(redis) = Server::start() else { return };
    let instances = two(&redis).await;
    instances[0].revoke("user");
    instances[0].list.stored().await.unwrap();
    // It is seen that there is a list.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    redis.command::<()>("FLUSHALL");
    for _ in 0..500 {
        if redis.command::<u64>("ZCARD {test:revocations}:list") == 1 {
            let third = Instance::start(&redis.url()).await;
            assert_eq!(third.send("user").await, UNAUTHORIZED);
            assert_eq!(instances[1].health().failures, 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the list is not there");
}

#[tokio::test]
async fn a_list_that_was_replaced_by_a_new_one_is_stored_again_within_seconds() {
    let Some(redis) = Server::start() else { return };
    let instances = two(&redis).await;
    for (number, deletion) in ["FLUSHALL", "DEL {test:revocations}:list"]
        .iter()
        .enumerate()
    {
        instances[0].revoke(&format!("before {number}"));
        instances[0].list.stored().await.unwrap();
        redis.command::<()>(deletion);
        // At once, so that nobody sees that there is no list.
        instances[1].revoke(&format!("after {number}"));
        instances[1].list.stored().await.unwrap();
        let expected = 2 * (number + 1);
        let start = Instant::now();
        while redis.command::<usize>("ZCARD {test:revocations}:list") < expected {
            assert!(start.elapsed() < Duration::from_secs(10), "{deletion}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let third = Instance::start(&redis.url()).await;
        assert_eq!(third.send(&format!("before {number}")).await, UNAUTHORIZED);
        assert_eq!(instances[1].health().failures, 0);
    }
}
