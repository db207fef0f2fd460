//! The responses of the layer above.

use std::any::Any;

use http::Response;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};

use super::{Challenge, RejectionResponse, grpc};
use crate::error::Error;
use crate::request::RequestParts;

/// The responses of the [`JwtAuthLayer`](crate::JwtAuthLayer) above. The default
/// [`RejectionResponse`] of [`RequireLayer`](crate::RequireLayer).
///
/// A layer tells those below it how it rejects requests: with which [`RejectionResponse`], realm
/// and other settings. [`RequireLayer`](crate::RequireLayer), the extractors of axum, the key
/// extractor for `tower_governor` and the look-up of claims in tonic use it, so nothing is
/// configured twice. It is that of the layer whose claims type they ask for: of several with the
/// same type, the innermost. A request that was let through without claims carries it, too.
///
/// If the body of the layer's responses has another type, because a layer in between changes it,
/// the response has the same status and no body, and the same headers but those that describe one.
/// It is the response of [`Challenge`] if there is no layer above, or if this is the
/// [`RejectionResponse`] of a `JwtAuthLayer` itself, or is called by that of one.
///
/// For a middleware of your own, see
/// [`Claims::rejection_response`](crate::Claims::rejection_response).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Inherited;

impl Inherited {
    /// Returns the responses of the layer above.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<ResBody: Default + 'static> RejectionResponse<ResBody> for Inherited {
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<ResBody> {
        let layer = request.layer().filter(|_| !request.is_inherited());
        match layer.and_then(|layer| layer.respond(error, request)) {
            Some(response) => with_body_of_type(response),
            None => Challenge::new().rejection_response(error, request),
        }
    }
}

/// Returns the response with an empty body if its body has another type.
fn with_body_of_type<B: Default + 'static>(response: Response<Box<dyn Any>>) -> Response<B> {
    let (mut parts, body) = response.into_parts();
    let body = body.downcast().unwrap_or_else(|_| {
        remove_body(&mut parts.headers);
        Box::default()
    });
    Response::from_parts(parts, *body)
}

/// Removes what describes a body. The status of a gRPC call needs its content type.
fn remove_body(headers: &mut HeaderMap) {
    if !headers.contains_key(grpc::STATUS) {
        headers.remove(CONTENT_TYPE);
    }
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_ENCODING);
}
