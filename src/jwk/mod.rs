//! Keys: checked and parsed once, when they are loaded, and pinned to their algorithms.

mod candidates;
mod certificate;
mod client_key;
mod header_cache;
mod issuer_pattern;
mod json_web_key;
mod jwk_form;
mod key;
mod key_material;
mod key_text;
mod ml_dsa_key;
mod pem;
mod placeholder;
mod secret;
mod secret_decoding;
mod secret_encoding;
mod secret_strength;
mod secret_words;
mod set;
mod set_document;
mod skip_reason;
mod skipped_key;
mod strength;

pub(crate) use candidates::{DEFAULT_MAX_CANDIDATES, Tried};
pub(crate) use client_key::{ClientJwk, ReadClientJwk};
pub(crate) use header_cache::Header;
pub(crate) use issuer_pattern::IssuerPattern;
pub use key::Key;
pub(crate) use key::KeyDigest;
pub use secret::Secret;
pub use secret_encoding::SecretEncoding;
pub(crate) use secret_strength::check_secret;
pub use set::KeySet;
pub(crate) use set_document::UnusableSet;
pub use skip_reason::SkipReason;
pub use skipped_key::SkippedKey;
