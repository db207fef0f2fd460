//! Single use: stores of the ids of tokens and of proofs that were used.

mod entries;
mod health;
mod key;
mod memory_replay_store;
mod owners;
mod store;

pub use health::{ReplayHealth, ReplayScope};
pub use key::{ReplayKey, ReplayKind};
pub use memory_replay_store::{MemoryReplayStore, WhenFull};
pub(crate) use store::Inserted;
pub use store::{InsertOutcome, InsertResponse, ReplayStore, ReplayStoreFuture, StoreFailure};
