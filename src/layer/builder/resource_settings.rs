//! The metadata of the protected resource.

use std::sync::Arc;

use super::JwtAuthBuilder;
use crate::config_error::ConfigError;
use crate::request::{ResourceChallenge, TokenSource};
use crate::resource_metadata::{Endpoint, LayerFacts, ResourceMetadata};
use crate::verify::Registry;

/// What clients learn about the service before they have a token.
impl<C, R> JwtAuthBuilder<C, R> {
    /// Describes the protected resource to its clients (RFC 9728), as MCP requires. Default: off.
    /// The last call counts.
    ///
    /// - The layer responds to requests for the well-known URL of the document, before it looks for
    ///   a token: see [`ResourceMetadata`]. [`predicate_uri`](Self::predicate_uri) says which path
    ///   is compared. In axum's `nest` and with `route_layer`, such requests don't reach the layer:
    ///   add [`metadata_service`](crate::JwtAuthLayer::metadata_service) to the router.
    /// - Every challenge, here and below the layer, names that URL as `resource_metadata`.
    /// - Challenges name all scopes that the request needs, each once (RFC 6750 §3): those of
    ///   [`require_scopes`](Self::require_scopes), those of each
    ///   [`RequireLayer`](crate::RequireLayer) that it has come to, and those of the handler. Granted
    ///   ones stay in the list, since clients ask for what it says. A 401 names those that are known
    ///   where the request is rejected.
    /// - The [`Audience`](crate::Audience) of each issuer must contain the identifier:
    ///   [`Audience::resource`](crate::Audience::resource) does.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) fails as [`ResourceMetadata`] says.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, routing::post};
    /// use tower_jwt_auth::{Audience, ConfigError, Issuer, JwtAuthLayer, ResourceMetadata};
    ///
    /// # fn build() -> Result<Router, ConfigError> {
    /// let issuer = Issuer::discovery("https://login.example.com/", Audience::resource());
    /// let auth = JwtAuthLayer::builder(issuer)
    ///     .resource(ResourceMetadata::new("https://api.example.com/mcp"))
    ///     .require_scopes(["mcp:tools"])
    ///     .build()?;
    /// let app: Router = Router::new().route("/mcp", post(|| async { "hello" })).layer(auth);
    /// # Ok(app)
    /// # }
    /// # assert!(build().is_ok());
    /// ```
    pub fn resource(mut self, resource: ResourceMetadata) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Makes the document, and sets what challenges say about it.
    pub(super) fn describe(
        &mut self,
        sources: &[TokenSource],
        issuers: &Arc<Registry>,
    ) -> Result<Option<Arc<Endpoint>>, ConfigError> {
        let Some(resource) = self.resource.take() else {
            return Ok(None);
        };
        let scopes = self.scopes.as_str().map(Arc::from);
        let dpop = self.for_below.dpop.clone();
        let accepts_bearer = dpop.as_ref().is_none_or(|dpop| !dpop.is_required);
        let methods = sources.iter().filter_map(TokenSource::bearer_method);
        let layer = LayerFacts {
            bearer_methods: methods.filter(|_| accepts_bearer).collect(),
            scopes: Option::clone(&scopes),
            dpop,
            accepts_certificates: self.policy.bindings.accepts_certificates(),
        };
        let endpoint = Endpoint::new(resource, &layer, issuers)?;
        self.for_below.resource = Some(ResourceChallenge {
            metadata: Arc::new(endpoint.url().to_owned()),
            scopes,
        });
        Ok(Some(Arc::new(endpoint)))
    }
}
