//! Responses to rejected requests.

mod cache_control;
mod challenge;
mod grpc;
mod inherited;
mod problem_details;
mod rejection;

pub(crate) use cache_control::make_private;
pub use challenge::Challenge;
pub(crate) use challenge::{is_quotable, quotable};
pub use inherited::Inherited;
pub use problem_details::ProblemDetails;
pub use rejection::RejectionResponse;
pub(crate) use rejection::{internal_error, reject, respond};
