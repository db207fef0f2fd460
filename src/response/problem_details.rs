//! Problem details: rejections with a JSON body.

use std::sync::Arc;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;

use super::{Challenge, RejectionResponse, grpc};
use crate::error::Error;
use crate::request::RequestParts;

/// A [`RejectionResponse`] that adds problem details to the response of [`Challenge`]: a body of
/// the type `application/problem+json` (RFC 9457).
///
/// ```json
/// {"type":"about:blank","title":"Unauthorized","status":401,"detail":"the access token has expired"}
/// ```
///
/// `detail` is the text of the [`Error`]: nothing of the request or the token. gRPC requests get
/// the response of [`Challenge`], which has no body. The body must be `From<String>`, as axum's is.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer, ProblemDetails};
///
/// # fn build() -> Result<Router, ConfigError> {
/// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
/// let auth = JwtAuthLayer::builder(issuer)
///     .realm("orders")
///     .rejection_response(ProblemDetails::new())
///     .build()?;
/// let app: Router = Router::new().route("/orders", get(|| async { "orders" })).layer(auth);
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProblemDetails {
    type_prefix: Option<Arc<str>>,
}

/// The members of RFC 9457 §3.1.
#[derive(Serialize)]
struct Body<'b> {
    r#type: &'b str,
    title: &'b str,
    status: u16,
    detail: &'b str,
}

impl ProblemDetails {
    /// Returns problem details of the type `about:blank`, whose titles are those of the status.
    #[must_use]
    pub const fn new() -> Self {
        Self { type_prefix: None }
    }

    /// Sets the start of `type`, a URI (RFC 9457 §3.1.1), which the kind of the error follows:
    /// `https://api.example.com/problems/` leads to
    /// `https://api.example.com/problems/wrong_audience`. Default: `type` is `about:blank`.
    ///
    /// The kind is the [`name`](crate::ErrorKind::name) of the error's kind.
    /// It tells callers no more than `detail`.
    #[must_use]
    pub fn type_prefix(mut self, prefix: impl Into<Arc<str>>) -> Self {
        self.type_prefix = Some(prefix.into());
        self
    }

    fn body(&self, error: &Error, status: StatusCode) -> Option<String> {
        let name = |prefix: &Arc<str>| format!("{prefix}{}", error.kind().name());
        let r#type = self.type_prefix.as_ref().map(name);
        let body = Body {
            r#type: r#type.as_deref().unwrap_or("about:blank"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: error.description(),
        };
        // Texts and a number always have a form in JSON.
        serde_json::to_string(&body).ok()
    }
}

impl<B: Default + From<String>> RejectionResponse<B> for ProblemDetails {
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<B> {
        let mut response: Response<B> = Challenge::new().rejection_response(error, request);
        if response.headers().contains_key(grpc::STATUS) {
            return response;
        }
        if let Some(body) = self.body(error, response.status()) {
            let content_type = HeaderValue::from_static("application/problem+json");
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            *response.body_mut() = body.into();
        }
        response
    }
}
