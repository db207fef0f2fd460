//! The parts of a request that the middleware looks at.

use std::fmt;

use http::{Extensions, HeaderMap, Method, Request, Uri};

/// A borrowed request without its body: method, URI, headers and extensions.
///
/// It is passed to custom token sources, predicates and rejection responses.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::RequestParts;
///
/// let request = http::Request::get("/healthz").body(()).unwrap();
/// let parts = RequestParts::from(&request);
/// assert_eq!(parts.uri().path(), "/healthz");
/// ```
#[derive(Clone, Copy)]
pub struct RequestParts<'r> {
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
}

impl<'r> RequestParts<'r> {
    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> &'r Method {
        self.method
    }

    /// Returns the URI, as the layer got it.
    ///
    /// Inside axum's `nest`, it lacks the prefix of the nest. The extensions then hold the URI that
    /// the client sent, as axum's `OriginalUri`.
    #[must_use]
    pub const fn uri(&self) -> &'r Uri {
        self.uri
    }

    /// Returns the headers.
    #[must_use]
    pub const fn headers(&self) -> &'r HeaderMap {
        self.headers
    }

    /// Returns the extensions, with everything that outer layers have inserted.
    #[must_use]
    pub const fn extensions(&self) -> &'r Extensions {
        self.extensions
    }
}

impl<'r, B> From<&'r Request<B>> for RequestParts<'r> {
    fn from(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}

/// Shows method and path only: headers and query may hold the token.
impl fmt::Debug for RequestParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts")
            .field("method", self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}
