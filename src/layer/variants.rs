//! Layers that differ from another one in a setting, and share everything else with it.

use std::sync::Arc;

use http::Response;

use super::gate::Gate;
use super::{JwtAuthLayer, validation};
use crate::config_error::ConfigError;
use crate::error::Error;
use crate::request::{LayerRejections, RequestParts, TokenSource};

/// The same layer with another setting, for some of the routes of a service. It shares cached keys,
/// cached tokens, issuers, checks and used tokens with the clone that it was made from.
///
/// # Examples
///
/// A token is optional on one route. Both routes share one fetch of the keys:
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_jwt_auth::{Claims, JwtAuthLayer};
///
/// async fn me(claims: Claims) -> String {
///     claims.subject().unwrap_or_default().to_owned()
/// }
///
/// async fn greeting(claims: Option<Claims>) -> &'static str {
///     if claims.is_some() { "welcome back" } else { "welcome" }
/// }
///
/// fn app(auth: JwtAuthLayer) -> Router {
///     Router::new()
///         .route("/me", get(me).route_layer(auth.clone()))
///         .route("/", get(greeting).route_layer(auth.optional()))
/// }
/// ```
impl<C, R> JwtAuthLayer<C, R> {
    /// Passes requests that carry no token to the inner service, as
    /// [`JwtAuthBuilder::optional`](crate::JwtAuthBuilder::optional) does. Invalid tokens are still
    /// rejected.
    pub fn optional(self) -> Self {
        self.with_gate(|gate| gate.optional = true)
    }

    /// Sets the places that may carry the token, as
    /// [`JwtAuthBuilder::token_sources`](crate::JwtAuthBuilder::token_sources) does: for a
    /// WebSocket on one route, or a cookie on the pages of a browser.
    ///
    /// With [`dpop`](crate::JwtAuthBuilder::dpop), `Authorization` with the scheme `DPoP` is still
    /// one of them. The [metadata](crate::JwtAuthBuilder::resource) of the resource stays that of
    /// the layer that was built.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if there is none, if two read the
    /// same token, or if one is [`TokenSource::custom`] and the layer
    /// [removes](crate::JwtAuthBuilder::strip_token) tokens.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, JwtAuthLayer, TokenSource};
    ///
    /// fn for_websockets(auth: &JwtAuthLayer) -> Result<JwtAuthLayer, ConfigError> {
    ///     auth.clone().token_sources([TokenSource::websocket_bearer()])
    /// }
    /// ```
    pub fn token_sources(
        self,
        sources: impl IntoIterator<Item = TokenSource>,
    ) -> Result<Self, ConfigError> {
        let mut sources: Vec<_> = sources.into_iter().collect();
        validation::removable(&sources, self.gate.forwarding)?;
        if self.rejections.settings.dpop.is_some() && !sources.is_empty() {
            sources.push(TokenSource::dpop());
        }
        validation::sources(&sources)?;
        Ok(self.with_gate(|gate| {
            gate.authenticator = gate.authenticator.clone().with_sources(sources.into());
        }))
    }

    /// Sets the [`RejectionResponse`](crate::RejectionResponse), as
    /// [`JwtAuthBuilder::rejection_response`](crate::JwtAuthBuilder::rejection_response) does: for
    /// routes that respond in another format. Realm, `grpc_responses` and the other settings of
    /// responses stay.
    pub fn rejection_response<R2>(self, rejection: R2) -> JwtAuthLayer<C, R2> {
        let rejections = LayerRejections {
            settings: self.rejections.settings.clone(),
            maker: rejection,
        };
        JwtAuthLayer {
            gate: self.gate,
            rejections: Arc::new(rejections),
        }
    }

    /// Sets a closure that makes the responses to rejected requests. See
    /// [`rejection_response`](Self::rejection_response).
    pub fn rejection_response_fn<F, ResBody>(self, rejection: F) -> JwtAuthLayer<C, F>
    where
        F: Fn(&Error, &RequestParts<'_>) -> Response<ResBody> + Send + Sync + 'static,
    {
        self.rejection_response(rejection)
    }

    /// Changes the decision on requests, of this layer and not of its clones.
    fn with_gate(self, change: impl FnOnce(&mut Gate<C>)) -> Self {
        let mut gate = (*self.gate).clone();
        change(&mut gate);
        Self {
            gate: Arc::new(gate),
            rejections: self.rejections,
        }
    }
}
