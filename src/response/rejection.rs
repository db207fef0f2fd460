//! The trait behind all responses to rejected requests.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};

use super::grpc;
use crate::error::Error;
use crate::request::RequestParts;

/// Makes the response to a rejected request. Default: [`Challenge`](crate::Challenge).
///
/// Closures `Fn(&Error, &RequestParts<'_>) -> Response<B>` implement it. The layer adds the
/// [`Error`] to the extensions of the returned response, for layers above.
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
pub trait RejectionResponse<ResBody> {
    /// Returns the response to a request that is rejected because of `error`.
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<ResBody>;
}

impl<F, ResBody> RejectionResponse<ResBody> for F
where
    F: Fn(&Error, &RequestParts<'_>) -> Response<ResBody>,
{
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<ResBody> {
        self(error, request)
    }
}

/// Returns the response to a rejected request, with the error in its extensions.
pub(crate) fn reject<R, ReqBody, ResBody>(
    rejection: &R,
    error: Error,
    request: &Request<ReqBody>,
) -> Response<ResBody>
where
    R: RejectionResponse<ResBody>,
{
    let mut response = rejection.rejection_response(&error, &RequestParts::from(request));
    response.extensions_mut().insert(error);
    response
}

/// Returns the response to a request that fails because of a mistake in the server's configuration:
/// 500, or `INTERNAL` for gRPC. The caller is not at fault, so there is no challenge.
pub(crate) fn internal_error<ResBody: Default>(request: &RequestParts<'_>) -> Response<ResBody> {
    let mut response = Response::new(ResBody::default());
    match grpc::content_type(request) {
        Some(content_type) => {
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, content_type.clone());
            // 13 is INTERNAL.
            headers.insert(grpc::STATUS, HeaderValue::from_static("13"));
        }
        None => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}
