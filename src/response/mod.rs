//! What a refused caller gets to see.

mod challenge;
mod grpc;

use http::Response;

pub use challenge::Challenge;
pub(crate) use challenge::may_be_quoted;
#[allow(unused_imports, reason = "feature `tonic` uses it")]
pub(crate) use challenge::whole_seconds;
#[allow(unused_imports, reason = "feature `tonic` uses it")]
pub(crate) use grpc::code;
pub(crate) use grpc::{STATUS, content_type};

use crate::error::Error;
use crate::head::RequestHead;

/// Makes the response to a refused request. A closure is one too; [`Challenge`] is the default.
///
/// Whatever it makes, the [`Error`] is added to the response's extensions.
///
/// ```
/// use http::Response;
/// use tower_jwt_auth::{Challenge, Error, Issuer, JwtAuthLayer, MakeResponse as _, RequestHead};
///
/// # fn build() -> Result<(), tower_jwt_auth::ConfigError> {
/// // The usual status and headers, and a body for people.
/// let with_body = |error: &Error, request: &RequestHead<'_>| {
///     Challenge::new().make_response(error, request).map(|_: String| format!("{error}\n"))
/// };
/// let issuer = Issuer::discover("https://login.example.com/", "https://api.example.com");
/// let layer: JwtAuthLayer<_, _> =
///     JwtAuthLayer::<tower_jwt_auth::JsonClaims>::builder(issuer).response(with_body).build()?;
/// # Ok(())
/// # }
/// ```
pub trait MakeResponse<ResBody> {
    /// The response to a request that was refused because of `error`.
    fn make_response(&self, error: &Error, request: &RequestHead<'_>) -> Response<ResBody>;
}

impl<F, ResBody> MakeResponse<ResBody> for F
where
    F: Fn(&Error, &RequestHead<'_>) -> Response<ResBody>,
{
    fn make_response(&self, error: &Error, request: &RequestHead<'_>) -> Response<ResBody> {
        self(error, request)
    }
}
