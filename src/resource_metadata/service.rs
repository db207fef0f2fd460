//! The endpoint as a service.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::Service;

use super::Endpoint;

/// Responds with the metadata of the protected resource (RFC 9728), without a token: a service for
/// the route [`path`](Self::path). From
/// [`JwtAuthLayer::metadata_service`](crate::JwtAuthLayer::metadata_service).
///
/// A layer responds itself to requests that reach it. This service is for routers in which they do
/// not: inside axum's `nest`, with `route_layer`, or with one layer for each of several resources.
///
/// The service does not compare the path: the router decides at which one it is.
///
/// | request | response |
/// |---|---|
/// | `GET`, `HEAD` | 200, `application/json`, `Cache-Control`, `ETag` |
/// | the same with the `ETag` in `If-None-Match` | 304 |
/// | `OPTIONS` | 204 |
/// | another method | 405, `Allow` |
///
/// All responses have `Access-Control-Allow-Origin: *`, since the document is public and scripts
/// read it across origins. A `Cors` layer is not needed.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::post};
/// use tower_jwt_auth::{ConfigError, JwtAuthLayer};
///
/// fn app(auth: JwtAuthLayer) -> Result<Router, ConfigError> {
///     let metadata = auth.metadata_service()?;
///     let mcp = Router::new().route("/", post(|| async { "hello" })).layer(auth);
///     Ok(Router::new().nest("/mcp", mcp).route_service(&metadata.path(), metadata))
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ResourceMetadataService {
    endpoint: Arc<Endpoint>,
}

impl ResourceMetadataService {
    pub(crate) const fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint }
    }

    /// Returns the path of the document (RFC 9728 §3.1): `/.well-known/oauth-protected-resource`,
    /// and the path of the resource identifier, if it has one.
    #[must_use]
    pub fn path(&self) -> String {
        self.endpoint.path().to_owned()
    }

    /// Returns the absolute URL of the document, which challenges name as `resource_metadata`.
    #[must_use]
    pub fn url(&self) -> String {
        self.endpoint.url().to_owned()
    }
}

impl<B> Service<Request<B>> for ResourceMetadataService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let response = self.endpoint.respond(request.method(), request.headers());
        ready(Ok(response.map(|body| Full::new(body.unwrap_or_default()))))
    }
}

impl fmt::Debug for ResourceMetadataService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceMetadataService")
            .field("url", &self.endpoint.url())
            .finish_non_exhaustive()
    }
}
