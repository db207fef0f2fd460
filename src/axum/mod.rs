//! Extractors for axum.

mod claims;
mod response;
mod scoped;

pub use self::claims::ClaimsRejection;
pub use self::scoped::{RejectedScope, Scoped, ScopedRejection};
