//! From a call on one instance to the rejection on the others.

use std::time::{Duration, Instant};

use http::StatusCode;

use super::instance::Instance;
use crate::server::Server;
use crate::support::tokio;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_instance_revokes_the_others_reject_within_100_ms() {
    let Some(redis) = Server::start() else { return };
    let url = redis.url();
    let instances = [
        Instance::start(&url).await,
        Instance::start(&url).await,
        Instance::start(&url).await,
    ];
    let mut times = Vec::new();
    for n in 0..300 {
        let user = format!("user {n}");
        let (first, second) = (&instances[n % 3], &instances[(n + 1) % 3]);
        assert_eq!(second.send(&user).await, OK);
        let start = Instant::now();
        first.revoke(&user);
        assert_eq!(
            first.send(&user).await,
            UNAUTHORIZED,
            "at once where it was called"
        );
        while second.send(&user).await == OK {
            tokio::task::yield_now().await;
        }
        times.push(start.elapsed());
        instances[(n + 2) % 3].wait_for(&user, UNAUTHORIZED).await;
    }
    times.sort_unstable();
    let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!(
        "median {median:?}, p99 {p99:?}, max {:?}",
        times[times.len() - 1]
    );
    assert!(p99 < Duration::from_millis(100), "{times:?}");
    for instance in instances {
        assert_eq!(instance.health().failures, 0);
        assert_eq!(instance.send("another user").await, OK);
    }
}

#[tokio::test]
async fn a_call_that_has_returned_counts_for_an_instance_that_starts_later() {
    let Some(redis) = Server::start() else { return };
    let first = Instance::start(&redis.url()).await;
    // More than a page, and than a batch.
    for n in 0..2_500 {
        first.revoke(&format!("user {n}"));
    }
    first.list.stored().await.unwrap();
    let second = Instance::start(&redis.url()).await;
    assert_eq!(second.list.len(), 2_500);
    for n in [0, 999, 1_000, 2_499] {
        assert_eq!(second.send(&format!("user {n}")).await, UNAUTHORIZED);
    }
    assert_eq!(second.send("another user").await, OK);
}

#[tokio::test]
async fn a_later_revocation_of_the_same_user_replaces_the_earlier_one() {
    let Some(redis) = Server::start() else { return };
    let first = Instance::start(&redis.url()).await;
    for _ in 0..20 {
        first.revoke("user");
        first.list.stored().await.unwrap();
    }
    let list: u64 = redis.command("ZCARD {test:revocations}:list");
    assert_eq!(list, 1);
}

#[tokio::test]
async fn other_prefixes_are_other_lists() {
    let Some(redis) = Server::start() else { return };
    let first = Instance::start(&redis.url()).await;
    let other = tower_jwt_auth::RedisRevocationStore::builder(redis.url(), "other");
    let other = Instance::of(other);
    other.list.loaded().await.unwrap();
    first.revoke("user");
    first.list.stored().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(other.send("user").await, OK);
}
