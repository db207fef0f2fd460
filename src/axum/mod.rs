//! Extractors for axum.

mod claims;
mod response;
mod scoped;

pub use self::claims::ClaimsRejection;
pub(crate) use self::response::body_from;
pub use self::scoped::{RejectedScope, Scoped, ScopedRejection};
