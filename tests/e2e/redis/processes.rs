//! Two processes that see the same proofs at once.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use futures::future::join_all;
use tower_jwt_auth::{OnRedisOutage, RedisReplayStore, ReplayKey, ReplayStore as _};

use crate::server::Server;
use crate::support::tokio;
use crate::support::tokio::time::sleep;

const PROOFS: u64 = 1_000;

/// So many are sent at once, at the same time by both, and by one of them in the other order.
const PART: u64 = 20;

/// Starts this program with the test below alone.
fn start(url: &str, start_at: &str, is_reversed: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let test = "processes::a_process_that_uses_all_proofs";
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command
        .env("TEST_REDIS_URL", url)
        .env("TEST_START_AT", start_at);
    command.env("TEST_REVERSED", is_reversed.to_string());
    command.stdout(Stdio::piped()).spawn().unwrap()
}

fn accepted(process: Child) -> u64 {
    let output = process.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    let (_, count) = printed.split_once("accepted: ").unwrap();
    count.split_whitespace().next().unwrap().parse().unwrap()
}

fn millis_since_1970() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_millis().try_into().unwrap()
}

#[test]
fn of_two_processes_that_see_the_same_proofs_at_once_one_accepts_each() {
    let Some(redis) = Server::start() else { return };
    let start_at = (millis_since_1970() + 1_500).to_string();
    let processes = [false, true].map(|is_reversed| start(&redis.url(), &start_at, is_reversed));
    let accepted = processes.map(accepted);
    assert_eq!(accepted[0] + accepted[1], PROOFS, "{accepted:?}");
    assert!(accepted[0] > 0 && accepted[1] > 0, "{accepted:?}");
    assert_eq!(redis.command::<u64>("DBSIZE"), PROOFS);
}

#[tokio::test]
#[ignore = "run by another test"]
async fn a_process_that_uses_all_proofs() {
    let url = std::env::var("TEST_REDIS_URL").unwrap();
    let start_at: u64 = std::env::var("TEST_START_AT").unwrap().parse().unwrap();
    let store = RedisReplayStore::builder(url, "test", OnRedisOutage::Reject);
    let store = store.timeout(Duration::from_secs(2)).build().unwrap();
    let insert = async |id: &str| {
        let key = ReplayKey::proof("thumbprint", id);
        let outcome = store.insert_once(key, Duration::from_secs(600));
        outcome.wait().await.unwrap()
    };
    let is_reversed = std::env::var("TEST_REVERSED").unwrap() == "true";
    let mut accepted = 0;
    for part in 0..PROOFS / PART {
        let start_at = start_at + part * 10;
        let left = start_at.saturating_sub(millis_since_1970());
        sleep(Duration::from_millis(left)).await;
        let mut ids: Vec<_> = (part * PART..(part + 1) * PART)
            .map(|id| id.to_string())
            .collect();
        if is_reversed {
            ids.reverse();
        }
        let outcomes = join_all(ids.iter().map(|id| insert(id))).await;
        accepted += outcomes.into_iter().map(u64::from).sum::<u64>();
    }
    println!("accepted: {accepted} proofs");
}
