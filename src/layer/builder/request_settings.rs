//! Settings about requests.

use std::sync::Arc;

use super::JwtAuthBuilder;
use crate::request::{RequestParts, TokenSource};

/// Which requests need a token, and what becomes of the others. These settings have no effect on an
/// [`Authenticator`](crate::Authenticator).
impl<C, R> JwtAuthBuilder<C, R> {
    /// Sets the places that may carry the token. Default: [`TokenSource::authorization`].
    ///
    /// At least one. Two that read the same token are rejected when the layer is built.
    pub fn token_sources(mut self, sources: impl IntoIterator<Item = TokenSource>) -> Self {
        self.sources = sources.into_iter().collect();
        self
    }

    /// Passes requests that carry no token to the inner service. They have no claims. Invalid
    /// tokens are still rejected. Default: off.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Adds a predicate that returns whether a request is exempt, such as a health check. Exempt
    /// requests pass without claims, and their token is not read. Default: none.
    ///
    /// Inside axum's `nest`, [`RequestParts::uri`] lacks the prefix of the nest: a predicate for
    /// `/healthz` also exempts `/tenants/7/healthz` if the layer is inside `nest("/tenants/7", …)`.
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

    /// Passes CORS preflights without a token, for a CORS layer below this one. Default: off, since
    /// a CORS layer above this one answers them itself.
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
