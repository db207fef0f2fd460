//! The response that a rejection holds.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;

/// Returns a body of axum.
pub(crate) fn body_from(bytes: Bytes) -> Box<dyn Any> {
    Box::new(Body::from(bytes))
}

/// A response to the request that an extractor rejected.
#[derive(Debug)]
pub(super) struct MadeResponse {
    pub(super) status: StatusCode,
    /// Never locked. Makes the rejection `Sync`, as errors usually are; axum's body is not. Boxed,
    /// so that the `Result` of an extractor stays small.
    response: Box<Mutex<Response>>,
}

impl From<Response> for MadeResponse {
    fn from(response: Response) -> Self {
        Self {
            status: response.status(),
            response: Box::new(Mutex::new(response)),
        }
    }
}

impl IntoResponse for MadeResponse {
    fn into_response(self) -> Response {
        let response = self.response.into_inner();
        response.unwrap_or_else(PoisonError::into_inner)
    }
}
