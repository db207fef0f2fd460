//! Extractors for axum.

mod claims;
mod response;
mod scoped;
mod stepped_up;

pub use self::claims::ClaimsRejection;
pub(crate) use self::response::body_from;
pub use self::scoped::{RejectedScope, Scoped, ScopedRejection};
pub use self::stepped_up::SteppedUp;
