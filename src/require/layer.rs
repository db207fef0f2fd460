//! The layer.

use std::fmt;
use std::sync::Arc;

use tower::Layer;

use super::rule::{Refusal, Rule};
use super::service::Require;
use crate::config_error::ConfigError;
use crate::guard::Predicate;
use crate::head::RequestHead;
use crate::jwt::{Claims, JsonClaims};
use crate::layer::JwtAuthLayer;
use crate::response::Challenge;

/// Lets on only those whose token reaches far enough: scopes, roles, groups, the tenant in the path.
///
/// It stands below [`JwtAuthLayer`], on a router, a route or a gRPC service, and reads the [`Claims<C>`] that are left
/// in the request. Several of them may stand on one another; each must be met.
///
/// | the request | is answered with |
/// |---|---|
/// | meets what is required | the service's own response |
/// | doesn't | 403 `insufficient_scope`, with `scope="…"` where scopes are required (gRPC 7) |
/// | was let through without a token ([`optional`](crate::JwtAuthBuilder::optional)) | 401, the bare challenge (gRPC 16) |
/// | was not seen by a [`JwtAuthLayer`] with this `C` | 500 (gRPC 13), and an event at level error |
///
/// `C` is known from the predicate, or from the layer that [`like`](Self::like) is given; otherwise name it, as in
/// `RequireLayer::<MyClaims>::all_scopes(…)`. Cheap to clone.
///
/// ```
/// use axum::{Router, routing::{get, post}};
/// use tower_jwt_auth::{ConfigError, JwtAuthLayer, RequireLayer};
///
/// # fn app(auth: JwtAuthLayer) -> Result<Router, ConfigError> {
/// let read = RequireLayer::all_scopes(["orders:read"])?.like(&auth);
/// let write = RequireLayer::any_scope(["orders:write", "orders:admin"])?.like(&auth);
/// let app = Router::new()
///     .route("/orders", get(|| async { "orders" }).layer(read))
///     .route("/orders", post(|| async { "ordered" }).layer(write))
///     .layer(auth);
/// # Ok(app)
/// # }
/// ```
pub struct RequireLayer<C = JsonClaims, R = Challenge> {
    rule: Arc<Rule<C>>,
    only_for: Option<Predicate>,
    response: R,
}

impl<C> RequireLayer<C> {
    /// Asks for all of these scopes.
    ///
    /// What a token grants is in its `scope` or `scp`; see [`Claims::scopes`].
    ///
    /// ```
    /// use tower_jwt_auth::{JsonClaims, RequireLayer};
    ///
    /// let read = RequireLayer::<JsonClaims>::all_scopes(["orders:read", "customers:read"])?;
    /// assert!(RequireLayer::<JsonClaims>::all_scopes(["orders read"]).is_err(), "a scope has no spaces");
    /// # drop(read);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`Contradiction`](crate::ConfigErrorKind::Contradiction): no scope is named, or one is not a scope (RFC 6749
    /// §3.3).
    pub fn all_scopes(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Rule::all(scopes).map(Self::new)
    }

    /// Asks for one of these scopes at least. The challenge shows all of them: any will do.
    ///
    /// ```
    /// use tower_jwt_auth::{JsonClaims, RequireLayer};
    ///
    /// let write = RequireLayer::<JsonClaims>::any_scope(["orders:write", "orders:admin"])?;
    /// # drop(write);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As [`all_scopes`](Self::all_scopes).
    pub fn any_scope(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Rule::any(scopes).map(Self::new)
    }

    /// Lets a predicate over the claims and the request's head decide: roles, groups, tenants. It must not block.
    ///
    /// ```
    /// use tower_jwt_auth::{Claims, RequestHead, RequireLayer};
    ///
    /// // Keycloak: {"realm_access": {"roles": ["editor"]}}
    /// let editors = RequireLayer::when(|claims: &Claims, _: &RequestHead<'_>| {
    ///     let roles = claims.get("realm_access").and_then(|access| access.get("roles")?.as_array());
    ///     roles.is_some_and(|roles| roles.iter().any(|role| role == "editor"))
    /// });
    ///
    /// // The tenant's own paths: /tenants/acme/…
    /// let own_tenant = RequireLayer::when(|claims: &Claims, head: &RequestHead<'_>| {
    ///     let tenant = claims.get("tenant").and_then(|tenant| tenant.as_str());
    ///     tenant.is_some() && head.uri().path().split('/').nth(2) == tenant
    /// });
    ///
    /// // A token that is bound to its client's certificate (RFC 8705 §3.1), whose thumbprint who ends TLS left here.
    /// #[derive(Clone)]
    /// struct Certificate(String);
    /// let bearers_own = RequireLayer::when(|claims: &Claims, head: &RequestHead<'_>| {
    ///     let bound = claims.get("cnf").and_then(|cnf| cnf.get("x5t#S256")?.as_str());
    ///     bound.is_some() && bound == head.extensions().get::<Certificate>().map(|shown| &*shown.0)
    /// });
    /// # drop((editors, own_tenant, bearers_own));
    /// ```
    pub fn when(
        allowed: impl Fn(&Claims<C>, &RequestHead<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(Rule::when(Box::new(allowed)))
    }

    fn new(rule: Rule<C>) -> Self {
        Self {
            rule: Arc::new(rule),
            only_for: None,
            response: Challenge::new(),
        }
    }
}

impl<C, R> RequireLayer<C, R> {
    /// Asks it only of requests of which `these` says so, and lets the others on as they are: for gRPC, whose methods
    /// are paths of one service. Where a router knows the routes, put the layer on the route instead: it can't be
    /// missed by another spelling of the path. Of several, one is enough to ask.
    ///
    /// ```
    /// use tower_jwt_auth::{JsonClaims, RequireLayer};
    ///
    /// let delete = RequireLayer::<JsonClaims>::all_scopes(["orders:delete"])?
    ///     .only_for(|head| head.uri().path() == "/shop.Orders/Delete");
    /// # drop(delete);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    #[must_use]
    pub fn only_for(
        mut self,
        these: impl Fn(&RequestHead<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.only_for = Some(match self.only_for.take() {
            Some(before) => Arc::new(move |head: &RequestHead<'_>| before(head) || these(head)),
            None => Arc::new(these),
        });
        self
    }

    /// Makes the responses to refused requests. Default: [`Challenge`]. See [`MakeResponse`](crate::MakeResponse).
    ///
    /// ```
    /// use tower_jwt_auth::{Challenge, JsonClaims, RequireLayer};
    ///
    /// let read = RequireLayer::<JsonClaims>::all_scopes(["orders:read"])?
    ///     .response(Challenge::new().realm("orders"));
    /// # drop(read);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn response<M>(self, response: M) -> RequireLayer<C, M> {
        RequireLayer {
            rule: self.rule,
            only_for: self.only_for,
            response,
        }
    }

    /// Answers as this layer does, for the same type of claims: one place for realm and responses.
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, JwtAuthLayer, RequireLayer};
    ///
    /// # fn build(auth: JwtAuthLayer) -> Result<(), ConfigError> {
    /// let read = RequireLayer::all_scopes(["orders:read"])?.like(&auth);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn like<M: Clone>(self, auth: &JwtAuthLayer<C, M>) -> RequireLayer<C, M> {
        self.response(auth.response.clone())
    }
}

impl<S, C, R: Clone> Layer<S> for RequireLayer<C, R> {
    type Service = Require<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Require::new(inner, self.clone())
    }
}

impl<C: Send + Sync + 'static, R> RequireLayer<C, R> {
    pub(super) fn judge(&self, head: &RequestHead<'_>) -> Result<(), Refusal> {
        if self.only_for.as_ref().is_some_and(|these| !these(head)) {
            return Ok(());
        }
        self.rule.judge(head)
    }

    pub(super) const fn responses(&self) -> &R {
        &self.response
    }
}

// By hand, because a derived one would ask for `C: Clone`.
impl<C, R: Clone> Clone for RequireLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            rule: Arc::clone(&self.rule),
            only_for: self.only_for.clone(),
            response: self.response.clone(),
        }
    }
}

impl<C, R> fmt::Debug for RequireLayer<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireLayer")
            .field("scopes", &self.rule.scopes())
            .finish_non_exhaustive()
    }
}
