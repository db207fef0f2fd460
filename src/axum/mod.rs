//! Extractors for axum.

mod claims;
mod response;
mod scoped;
mod stepped_up;

pub use self::claims::ClaimsRejection;
pub use self::scoped::{RejectedScope, Scoped, ScopedRejection};
pub use self::stepped_up::SteppedUp;
