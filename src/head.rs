//! A request without its body.

use std::fmt;

use http::{Extensions, HeaderMap, Method, Request, Uri};

/// The head of a request, as extractors, predicates and response makers see it.
#[derive(Clone, Copy)]
pub struct RequestHead<'r> {
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
}

impl<'r> RequestHead<'r> {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'r Method {
        self.method
    }

    /// The target.
    #[must_use]
    pub const fn uri(&self) -> &'r Uri {
        self.uri
    }

    /// The headers.
    #[must_use]
    pub const fn headers(&self) -> &'r HeaderMap {
        self.headers
    }

    /// What other layers left with the request.
    #[must_use]
    pub const fn extensions(&self) -> &'r Extensions {
        self.extensions
    }
}

impl<'r, B> From<&'r Request<B>> for RequestHead<'r> {
    fn from(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}

/// Method and path: headers and query may hold the token.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}
