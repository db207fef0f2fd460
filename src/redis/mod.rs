//! Used tokens and proofs, and revocations, in Redis or Valkey, which all instances of a service
//! share.

mod address;
mod answer;
mod breaker;
mod builder;
mod cluster;
mod cluster_slot;
mod connect_error;
mod connection;
mod counters;
mod eviction;
mod failure;
mod health;
mod key;
mod link;
mod outage;
mod replay_store;
mod revocations;
mod sentinel;
mod settings;
mod single;
mod slot;

#[cfg(test)]
mod tests;

pub use builder::RedisReplayStoreBuilder;
pub use connect_error::RedisConnectError;
pub(crate) use failure::Failure;
pub use health::RedisHealth;
pub use outage::OnRedisOutage;
pub use replay_store::RedisReplayStore;
pub use revocations::{RedisRevocationStore, RedisRevocationStoreBuilder};
