//! The trait behind all responses to rejected requests.

use std::any::Any;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};

use super::dpop_nonce::add_nonce_of;
use super::grpc;
use crate::error::{Error, ErrorKind};
use crate::request::{AnyResponse, RequestParts};

/// No cache stores a rejection (RFC 9111 §5.2.2.5): a gRPC one has status 200.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Makes the response to a rejected request. Default: [`Challenge`](crate::Challenge).
///
/// Closures `Fn(&Error, &RequestParts<'_>) -> Response<B>` implement it. The layer adds the
/// [`Error`] to the extensions of the returned response, for layers above, and `Cache-Control:
/// no-store` unless the response has a `Cache-Control`; and `DPoP-Nonce` if the error says so, and
/// the response has none.
///
/// What stands below [`JwtAuthLayer`](crate::JwtAuthLayer) rejects with the same response: see
/// [`Inherited`](crate::Inherited). A [`Challenge`](crate::Challenge) that an implementation makes
/// takes the realm of the layer.
///
/// # Examples
///
/// A response with the status and headers of [`Challenge`](crate::Challenge), and a text body:
///
/// ```
/// use tower_jwt_auth::{Challenge, Issuer, JwtAuthLayer, RejectionResponse as _};
///
/// # fn build() -> Result<(), tower_jwt_auth::ConfigError> {
/// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
/// let auth = JwtAuthLayer::builder(issuer)
///     .rejection_response_fn(|error, request| {
///         let response = Challenge::new().rejection_response(error, request);
///         response.map(|_: String| format!("{error}\n"))
///     })
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub trait RejectionResponse<ResBody>: Send + Sync + 'static {
    /// Returns the response to a request that is rejected because of `error`.
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<ResBody>;
}

impl<F, ResBody> RejectionResponse<ResBody> for F
where
    F: Fn(&Error, &RequestParts<'_>) -> Response<ResBody> + Send + Sync + 'static,
{
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<ResBody> {
        self(error, request)
    }
}

/// Returns the response to a rejected request, with the error in its extensions.
pub(crate) fn reject<R, ResBody>(
    maker: &R,
    error: Error,
    request: &RequestParts<'_>,
) -> Response<ResBody>
where
    R: RejectionResponse<ResBody>,
{
    let error = with_all_scopes(error, request);
    let mut response = maker.rejection_response(&error, request);
    let cache_control = response.headers_mut().entry(CACHE_CONTROL);
    cache_control.or_insert(NO_STORE);
    add_nonce_of(&error, response.headers_mut());
    response.extensions_mut().insert(error);
    response
}

/// Has the error name all scopes that the request needs, if the layer has the metadata of a
/// resource: a client that asks for those of one layer would be rejected by the next one. Without
/// metadata, a request without a token is told of none.
fn with_all_scopes(error: Error, request: &RequestParts<'_>) -> Error {
    // The token that follows a step-up replaces this one, so it needs what this one has, too.
    let own = error.required_scope().or_else(|| error.scopes_beside());
    let replaces_token = matches!(
        error.kind(),
        ErrorKind::MissingToken | ErrorKind::InsufficientUserAuthentication
    );
    // A predicate says nothing about scopes.
    if own.is_none() && !replaces_token {
        return error;
    }
    let layer = request.layer();
    match layer.and_then(|layer| layer.scopes_of_request(own)) {
        None if error.kind() != ErrorKind::MissingToken => error,
        all => error.with_required_scope(all),
    }
}

/// Returns the response of a maker of type `R`, for services below its layer, which know neither
/// `R` nor that they have the same `ResBody`.
pub(crate) fn respond<R, ResBody>(
    maker: &(dyn Any + Send + Sync),
    error: &Error,
    request: &RequestParts<'_>,
) -> Option<AnyResponse>
where
    R: RejectionResponse<ResBody>,
    ResBody: 'static,
{
    let maker = maker.downcast_ref::<R>()?;
    let response = maker.rejection_response(error, request);
    Some(response.map(|body| -> Box<dyn Any> { Box::new(body) }))
}

/// Returns the response to a request that fails because of a mistake in the server's configuration:
/// 500, or `INTERNAL` for gRPC. The caller is not at fault, so there is no challenge.
pub(crate) fn internal_error<ResBody: Default>(request: &RequestParts<'_>) -> Response<ResBody> {
    let mut response = Response::new(ResBody::default());
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    match grpc::content_type(request) {
        Some(content_type) => {
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, content_type);
            // 13 is INTERNAL.
            headers.insert(grpc::STATUS, HeaderValue::from_static("13"));
        }
        None => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}
