//! Responses to rejected requests.

mod cache_control;
mod challenge;
mod dpop_nonce;
mod grpc;
mod inherited;
mod problem_details;
mod rejection;
mod www_authenticate;

pub(crate) use cache_control::make_private;
pub use challenge::Challenge;
pub(crate) use challenge::{is_quotable, quotable};
pub(crate) use dpop_nonce::add_nonce;
pub use dpop_nonce::{DPOP_REQUEST_HEADERS, DPOP_RESPONSE_HEADERS};
pub use inherited::Inherited;
pub use problem_details::ProblemDetails;
pub use rejection::RejectionResponse;
pub(crate) use rejection::{internal_error, reject, respond};
