//! Keys: parsed once, checked when loaded, each pinned to its algorithms.

mod header_cache;
mod json_web_key;
mod key;
mod pem;
mod set;
mod skip_reason;
mod strength;

pub(crate) use header_cache::Header;
pub use key::Key;
pub use set::{KeySet, SkippedKey};
pub use skip_reason::SkipReason;
