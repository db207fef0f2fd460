//! A list of revocations in Redis or Valkey: a sorted set of entries, and a stream of changes.

mod answer;
mod builder;
mod commands;
mod follower;
mod store;

pub use builder::RedisRevocationStoreBuilder;
pub use store::RedisRevocationStore;
