//! The store with a mock server and tokio's paused clock.

mod breaker;
mod commands;
mod connections;
mod memory;
mod mock;
mod revocations;
mod start;

use std::sync::Arc;
use std::time::Duration;

use self::mock::Mock;
use super::key::Prefix;
use super::link::Link;
use super::{Failure, OnRedisOutage, RedisReplayStore};
use crate::{MemoryReplayStore, ReplayKey, ReplayStore as _};

const TIMEOUT: Duration = Duration::from_millis(100);
const TTL: Duration = Duration::from_secs(60);

fn store_with(mock: &Mock, on_outage: OnRedisOutage) -> RedisReplayStore {
    let connector = Arc::new(mock.clone());
    let link = Link::new("mock".to_owned(), connector, TIMEOUT, on_outage.text());
    RedisReplayStore::new(link, Prefix::new("test").unwrap(), on_outage)
}

fn store(mock: &Mock) -> RedisReplayStore {
    store_with(mock, OnRedisOutage::Reject)
}

fn in_memory() -> OnRedisOutage {
    OnRedisOutage::Memory(MemoryReplayStore::new(100).unwrap())
}

/// Uses the id of a proof.
async fn insert(store: &RedisReplayStore, id: &str) -> Result<bool, Failure> {
    let outcome = store.insert_once(ReplayKey::proof("thumbprint", id), TTL);
    outcome
        .wait()
        .await
        .map_err(|error| *error.downcast::<Failure>().unwrap())
}

/// Opens the circuit.
async fn fail_five_times(store: &RedisReplayStore) {
    for id in ["f1", "f2", "f3", "f4", "f5"] {
        assert!(store.is_available());
        insert(store, id).await.unwrap_err();
    }
    assert!(!store.is_available());
}
