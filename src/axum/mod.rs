//! Extractors for axum.

mod claims;
mod scoped;

pub use self::claims::ClaimsRejection;
pub use self::scoped::{Scoped, ScopedRejection};
