//! Keys: parsed once, checked when loaded, each pinned to its algorithms.

mod headers;
mod key;
mod member;
mod pem;
mod set;
mod strength;

pub(crate) use headers::Header;
pub use key::Key;
pub use set::{KeySet, SkippedKey};
