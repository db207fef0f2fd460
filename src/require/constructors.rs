//! Constructors of the layer.

use super::RequireLayer;
use super::requirement::{Requirement, required};
use crate::config_error::ConfigError;
use crate::jwt::{Claims, JsonClaims};
use crate::request::RequestParts;

/// Scopes. The claims type is [`JsonClaims`]; for another one, see [`RequireLayer::claims`].
impl RequireLayer<JsonClaims> {
    /// Requires all of these scopes. See [`Claims::scopes`] for where a token names its scopes.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if no scope is named, or one is
    /// not a scope (RFC 6749 §3.3).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::RequireLayer;
    ///
    /// let read = RequireLayer::all_scopes(["orders:read", "customers:read"])?;
    /// assert!(RequireLayer::all_scopes(["orders read"]).is_err(), "a scope has no spaces");
    /// # drop(read);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn all_scopes(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(Requirement::AllScopes(required(scopes)?)))
    }

    /// Requires at least one of these scopes. The challenge names all of them.
    ///
    /// # Errors
    ///
    /// As [`all_scopes`](Self::all_scopes).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::RequireLayer;
    ///
    /// let write = RequireLayer::any_scope(["orders:write", "orders:admin"])?;
    /// # drop(write);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn any_scope(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(Requirement::AnyScope(required(scopes)?)))
    }
}

/// Predicates.
impl<C: Send + Sync + 'static> RequireLayer<C> {
    /// Requires that a predicate over claims and request returns true: for roles, groups, or the
    /// tenant in the path. It must not block.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Claims, RequireLayer};
    ///
    /// // Keycloak: {"realm_access": {"roles": ["editor"]}}
    /// let editors = RequireLayer::from_fn(|claims: &Claims, _| {
    ///     let roles = claims.get("realm_access").and_then(|access| access.get("roles")?.as_array());
    ///     roles.is_some_and(|roles| roles.iter().any(|role| role == "editor"))
    /// });
    ///
    /// // Only the paths of the token's own tenant: /tenants/acme/…
    /// let own_tenant = RequireLayer::from_fn(|claims: &Claims, request| {
    ///     let tenant = claims.get("tenant").and_then(|tenant| tenant.as_str());
    ///     tenant.is_some() && request.uri().path().split('/').nth(2) == tenant
    /// });
    ///
    /// // Only with a token that is of no use to others (DPoP, mTLS).
    /// let bound = RequireLayer::from_fn(|claims: &Claims, _| !claims.confirmation().is_none());
    /// # drop((editors, own_tenant, bound));
    /// ```
    pub fn from_fn(
        is_allowed: impl Fn(&Claims<C>, &RequestParts<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(Requirement::predicate(is_allowed))
    }
}
