//! Keys: checked and parsed once, when they are loaded, and pinned to their algorithms.

mod header_cache;
mod issuer_pattern;
mod json_web_key;
mod key;
mod key_material;
mod pem;
mod placeholder;
mod set;
mod set_document;
mod skip_reason;
mod skipped_key;
mod strength;

pub(crate) use header_cache::Header;
pub(crate) use issuer_pattern::IssuerPattern;
pub use key::Key;
pub(crate) use key::KeyDigest;
pub use set::KeySet;
pub use skip_reason::SkipReason;
pub use skipped_key::SkippedKey;
