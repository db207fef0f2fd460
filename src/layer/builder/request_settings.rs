//! Settings about requests.

use std::sync::Arc;

use http::Uri;

use super::JwtAuthBuilder;
use crate::layer::gate::Forwarding;
use crate::request::{Paths, RequestParts, TokenSource};

/// Which requests need a token, and what becomes of the others. These settings have no effect on an
/// [`Authenticator`](crate::Authenticator), but for [`token_sources`](Self::token_sources).
impl<C, R> JwtAuthBuilder<C, R> {
    /// Sets the places that may carry the token. Default: [`TokenSource::authorization`]. With
    /// [`dpop`](Self::dpop), `Authorization` with the scheme `DPoP` is always one of them.
    ///
    /// # Errors
    ///
    /// None, or two that read the same token, are an
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) when the layer is built.
    pub fn token_sources(mut self, sources: impl IntoIterator<Item = TokenSource>) -> Self {
        self.sources = sources.into_iter().collect();
        self
    }

    /// Removes the token from requests that go on, so that handlers, logs and upstream services
    /// don't see it. Default: off. Recommended, unless something below needs it: then see
    /// [`keep_token`](Self::keep_token).
    ///
    /// Removes exactly what the [`token_sources`](Self::token_sources) read, also from requests
    /// that pass without claims: `Authorization` with the scheme `Bearer`, the header, one cookie,
    /// one parameter of the query, the WebSocket subprotocol. With [`dpop`](Self::dpop), also
    /// `Authorization` with the scheme `DPoP`, and the header `DPoP`. Other credentials, cookies
    /// and parameters stay. The claims stay in the extensions, and what checks and rejection
    /// responses of the layer see is unchanged. A layer below that reads the same token finds none.
    /// A check of a signature over the headers (RFC 9421) fails if it covers what was removed.
    ///
    /// A token in the query is still in the copies of the URI that outer layers have made, such as
    /// axum's `OriginalUri` and the spans of a `Trace` layer.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) rejects it with a [`TokenSource::custom`], whose token can't be
    /// removed.
    pub const fn strip_token(mut self) -> Self {
        self.forwarding = Forwarding::Stripped;
        self
    }

    /// Removes the token from requests that go on, as [`strip_token`](Self::strip_token) does, and
    /// leaves an [`AccessToken`](crate::AccessToken) in the extensions of accepted ones. For
    /// services that forward the token, or exchange it (RFC 8693). Default: off. The last of the
    /// two settings counts.
    pub const fn keep_token(mut self) -> Self {
        self.forwarding = Forwarding::Kept;
        self
    }

    /// Passes requests that carry no token to the inner service. They have no claims. Invalid
    /// tokens are still rejected. Default: off.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Adds paths that are exempt, such as that of a health check. Requests for them pass without
    /// claims, whatever their method, and their token is not read. Default: none.
    ///
    /// Inside axum's `nest`, the path lacks the prefix of the nest: `/healthz` also exempts
    /// `/tenants/7/healthz` if the layer is inside `nest("/tenants/{id}", …)`. Put the layer on the
    /// outer router, or set [`predicate_uri`](Self::predicate_uri).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, JwtAuthLayer, Paths};
    ///
    /// # fn build(issuer: Issuer) -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
    /// let health = Paths::grpc_methods(["grpc.health.v1.Health"])?;
    /// JwtAuthLayer::builder(issuer).skip_paths(Paths::exact(["/healthz"])?.or(health)).build()
    /// # }
    /// ```
    pub fn skip_paths(self, paths: Paths) -> Self {
        self.skip(move |request| paths.contains(request.uri().path()))
    }

    /// Adds a predicate that returns whether a request is exempt. Exempt requests pass without
    /// claims, and their token is not read. Default: none. For paths, use
    /// [`skip_paths`](Self::skip_paths).
    ///
    /// Inside axum's `nest`, [`RequestParts::uri`] lacks the prefix of the nest, so a predicate
    /// that compares paths exempts more than it seems to: see [`skip_paths`](Self::skip_paths).
    pub fn skip(
        mut self,
        skip: impl Fn(&RequestParts<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.skip = Some(match self.skip.take() {
            Some(earlier) => {
                Arc::new(move |parts: &RequestParts<'_>| earlier(parts) || skip(parts))
            }
            None => Arc::new(skip),
        });
        self
    }

    /// Sets which URI predicates see: those of [`skip`](Self::skip),
    /// [`skip_paths`](Self::skip_paths) and [`grpc_paths`](Self::grpc_paths), and of every
    /// [`RequireLayer`](crate::RequireLayer) below this layer. Default: that of the request, which
    /// lacks the prefix of a `nest` of axum.
    ///
    /// Token sources, checks and responses of your own see the request as it is.
    ///
    /// # Examples
    ///
    /// The URI that the client sent, wherever layers are put among nested routers (feature
    /// `original-uri` of axum, which is one of its defaults):
    ///
    /// ```
    /// use axum::extract::OriginalUri;
    /// use tower_jwt_auth::{Issuer, JwtAuthLayer, Paths};
    ///
    /// # fn build(issuer: Issuer) -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
    /// JwtAuthLayer::builder(issuer)
    ///     .predicate_uri(|request| {
    ///         request.extensions().get::<OriginalUri>().map_or(request.uri(), |uri| &uri.0)
    ///     })
    ///     .skip_paths(Paths::exact(["/healthz"])?)
    ///     .build()
    /// # }
    /// ```
    pub fn predicate_uri(
        mut self,
        uri: impl for<'r> Fn(&RequestParts<'r>) -> &'r Uri + Send + Sync + 'static,
    ) -> Self {
        self.for_below.predicate_uri = Some(Arc::new(uri));
        self
    }

    /// Passes CORS preflights without a token, for a CORS layer below this one. Default: off, since
    /// a CORS layer above this one responds to them itself.
    ///
    /// A preflight is an `OPTIONS` request with `Origin` and `Access-Control-Request-Method`, and
    /// without headers that announce a body (`Transfer-Encoding`, or a `Content-Length` other than
    /// 0). It carries no credentials (Fetch, "CORS protocol and credentials"). In HTTP/2, a request
    /// can have a body without these headers.
    pub const fn pass_preflight(mut self) -> Self {
        self.pass_preflight = true;
        self
    }
}
