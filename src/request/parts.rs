//! The parts of a request that the middleware looks at.

use std::fmt;

use http::{Extensions, HeaderMap, Method, Request, Uri, Version, request};

use super::layer_context::{LayerContext, PredicateUri};

/// A borrowed request without its body: method, URI, version, headers and extensions.
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
    version: Version,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
    /// The layer whose responses a rejection takes over.
    layer: Option<&'r LayerContext>,
    /// Whether a maker of that layer makes the response, so that it can't ask itself for one.
    is_inherited: bool,
    /// Whether the request is known to be a gRPC call, whatever its headers are.
    is_grpc_call: bool,
}

impl<'r> RequestParts<'r> {
    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> &'r Method {
        self.method
    }

    /// Returns the URI, as the layer got it. In predicates: the one that
    /// [`predicate_uri`](crate::JwtAuthBuilder::predicate_uri) returns, if that is set.
    ///
    /// Inside axum's `nest`, it lacks the prefix of the nest. The extensions then hold the URI that
    /// the client sent, as axum's `OriginalUri`.
    #[must_use]
    pub const fn uri(&self) -> &'r Uri {
        self.uri
    }

    /// Returns the HTTP version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
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

    /// Returns the parts as those of a gRPC call: a response for them has the status of gRPC,
    /// whatever the path and the headers are, and also with
    /// [`grpc_responses`](crate::JwtAuthBuilder::grpc_responses) off. For what is called by a gRPC
    /// server alone, such as an interceptor.
    #[must_use]
    pub const fn as_grpc_call(self) -> Self {
        Self {
            is_grpc_call: true,
            ..self
        }
    }

    pub(crate) const fn is_grpc_call(&self) -> bool {
        self.is_grpc_call
    }

    /// Returns the layer that rejects the request, or above what rejects it.
    pub(crate) const fn layer(&self) -> Option<&'r LayerContext> {
        self.layer
    }

    /// Returns the parts as predicates see them: with the URI that the layer says.
    pub(crate) fn for_predicates(self) -> Self {
        let uri = self
            .layer
            .and_then(|layer| layer.settings().predicate_uri.as_ref());
        self.with_uri_from(uri)
    }

    /// Replaces the URI.
    pub(crate) fn with_uri_from(self, uri: Option<&PredicateUri>) -> Self {
        let uri = uri.map_or(self.uri, |uri| uri(&self));
        Self { uri, ..self }
    }

    /// Sets the layer that rejects the request, or above what rejects it.
    pub(crate) const fn with_layer(self, layer: Option<&'r LayerContext>) -> Self {
        Self { layer, ..self }
    }

    /// Sets that the maker of the layer makes the response.
    pub(crate) const fn inherited(self) -> Self {
        Self {
            is_inherited: true,
            ..self
        }
    }

    pub(crate) const fn is_inherited(&self) -> bool {
        self.is_inherited
    }
}

impl<'r, B> From<&'r Request<B>> for RequestParts<'r> {
    fn from(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
            layer: None,
            is_inherited: false,
            is_grpc_call: false,
        }
    }
}

impl<'r> From<&'r request::Parts> for RequestParts<'r> {
    fn from(parts: &'r request::Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            extensions: &parts.extensions,
            layer: None,
            is_inherited: false,
            is_grpc_call: false,
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
