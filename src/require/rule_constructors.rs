//! Constructors of the layer from rules, and from tables of them.

use serde_json::Value;

use super::RequireLayer;
use super::requirement::Requirement;
use super::tables::{GrpcRules, McpRules, RouteRules, RuleTable};
use crate::config_error::ConfigError;
use crate::policy::{ClaimPath, Rule};

/// Rules. The claims type is [`JsonClaims`](crate::JsonClaims); for another one, see
/// [`RequireLayer::claims`].
impl RequireLayer {
    /// Requires a rule: scopes, roles, other claims, and how and when the user has authenticated.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ClaimPath, RequireLayer, Rule};
    ///
    /// let editor = Rule::any_of(ClaimPath::entra_roles(), ["Orders.Edit"])?;
    /// let write = RequireLayer::rule(editor.or(Rule::all_scopes(["orders:write"])?));
    /// # drop(write);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn rule(rule: Rule) -> Self {
        Self::new(Requirement::Rule(rule))
    }

    /// Requires [`Rule::any_of`]: a claim has at least one of these values.
    ///
    /// # Errors
    ///
    /// As [`Rule::any_of`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::RequireLayer;
    ///
    /// let editors = RequireLayer::any_of("/realm_access/roles", ["editor", "admin"])?;
    /// # drop(editors);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn any_of(
        path: impl Into<ClaimPath>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Rule::any_of(path, values).map(Self::rule)
    }

    /// Requires [`Rule::all_of`]: a claim has all of these values.
    ///
    /// # Errors
    ///
    /// As [`Rule::all_of`].
    pub fn all_of(
        path: impl Into<ClaimPath>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Rule::all_of(path, values).map(Self::rule)
    }

    /// Requires [`Rule::equals`]: a claim is this string, boolean or integer.
    ///
    /// # Errors
    ///
    /// As [`Rule::equals`].
    pub fn equals(
        path: impl Into<ClaimPath>,
        value: impl Into<Value>,
    ) -> Result<Self, ConfigError> {
        Rule::equals(path, value).map(Self::rule)
    }

    /// Requires the rule that the table has for the method and the route of a request. Rejects
    /// requests without a rule with 403.
    pub fn route_rules(rules: RouteRules) -> Self {
        Self::new(Requirement::Table(RuleTable::Routes(rules)))
    }

    /// Requires the rule that the table has for the gRPC method of a call. Rejects calls without a
    /// rule with 7 `PERMISSION_DENIED`.
    pub fn grpc_rules(rules: GrpcRules) -> Self {
        Self::new(Requirement::Table(RuleTable::Grpc(rules)))
    }

    /// Requires the rule that the table has for the MCP method, tool, prompt or resource that the
    /// headers of a request name. Rejects requests without a rule with 403.
    pub fn mcp_rules(rules: McpRules) -> Self {
        Self::new(Requirement::Table(RuleTable::Mcp(rules)))
    }
}
