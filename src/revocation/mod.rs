//! Tokens that were revoked: a list in memory, which requests read without a lock. Several processes
//! can share it by a store.
//!
//! It knows ids, not tokens: `policy` compares it with the claims of a token.

mod entry;
mod full;
mod hash_key;
mod health;
mod kind;
mod limits;
mod list;
mod revocable;
mod revocations;
mod revoked;
mod settings;
mod shared;
mod table;
mod time;
mod token_ids;
mod watch;

pub use entry::RevocationEntry;
pub use full::RevocationsFull;
pub use health::{RevocationHealth, SharedRevocationHealth};
pub(crate) use revocable::Revocable;
pub use revocations::Revocations;
pub use revoked::Revocation;
pub use settings::{RevocationSettings, WhenRevocationsFull};
pub use shared::{
    OnStaleRevocations, RevocationStore, RevocationStoreFuture, RevocationUpdate,
    RevocationUpdates, RevocationsUnavailable,
};
pub(crate) use token_ids::{RevocationState, TokenIds};
pub(crate) use watch::RevocationWatch;

#[cfg(test)]
mod tests;
