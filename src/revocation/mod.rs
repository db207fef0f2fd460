//! Tokens that were revoked: a list in memory, which requests read without a lock.
//!
//! It knows ids, not tokens: `policy` compares it with the claims of a token.

mod full;
mod hash_key;
mod kind;
mod list;
mod revocable;
mod revocations;
mod revoked;
mod settings;
mod table;
mod time;
mod token_ids;
mod watch;

pub use full::RevocationsFull;
pub(crate) use revocable::Revocable;
pub use revocations::Revocations;
pub use revoked::Revocation;
pub use settings::{RevocationSettings, WhenRevocationsFull};
pub(crate) use token_ids::{RevocationState, TokenIds};
pub(crate) use watch::RevocationWatch;

#[cfg(test)]
mod tests;
