//! What must hold for any input, one module a target; each says how it reads its bytes. Only the
//! crate's public API is used, and what is expected is worked out by other means than the crate's
//! own.

mod answer;
mod extraction_reading;
mod parsed;
mod reading;
mod reverify;
mod world;

pub mod challenge;
pub mod claims;
pub mod discovery;
pub mod extraction;
pub mod header;
pub mod key_set;
pub mod token;
