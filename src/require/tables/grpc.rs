//! Rules by gRPC method.

use std::collections::BTreeMap;
use std::fmt;

use super::show;
use crate::config_error::ConfigError;
use crate::policy::Rule;
use crate::request::Paths;

/// A table of rules by gRPC method, for
/// [`RequireLayer::grpc_rules`](crate::RequireLayer::grpc_rules). Rejects what it does not list
/// with 7 `PERMISSION_DENIED`, also health checks and reflection.
///
/// Names are compared byte by byte with the path of the request, as tonic's routing does. Inside
/// axum's `nest`, the path lacks the prefix of the nest; with a prefix in front of the service, set
/// [`predicate_uri`](crate::JwtAuthBuilder::predicate_uri) to a URI without it. `Debug` shows the
/// table: `{:#?}` shows each rule in a line of its own.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{GrpcRules, RequireLayer, Rule};
///
/// let rules = GrpcRules::new()
///     // All methods of the service, but for those with a rule of their own.
///     .add("shop.Orders", Rule::all_scopes(["orders:read"])?)?
///     .add("shop.Orders/Delete", Rule::any_of("/roles", ["admin"])?)?
///     .add("grpc.health.v1.Health", Rule::authenticated())?;
/// assert_eq!(
///     format!("{rules:#?}"),
///     r#"{
///     grpc.health.v1.Health: authenticated,
///     shop.Orders: all_scopes("orders:read"),
///     shop.Orders/Delete: any_of("/roles", ["admin"]),
///     other requests: rejected,
/// }"#
/// );
/// let require = RequireLayer::grpc_rules(rules);
/// # drop(require);
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct GrpcRules {
    /// By `package.Service` or `package.Service/Method`.
    rules: BTreeMap<Box<str>, Rule>,
}

impl GrpcRules {
    /// Returns an empty table, which rejects every call.
    pub const fn new() -> Self {
        Self {
            rules: BTreeMap::new(),
        }
    }

    /// Adds a rule for a method (`shop.Orders/Delete`), or for all methods of a service
    /// (`shop.Orders`) that have none of their own.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if it is not such a name, or has
    /// a rule.
    pub fn add(mut self, name: &str, rule: Rule) -> Result<Self, ConfigError> {
        Paths::grpc_methods([name])?;
        if self.rules.insert(name.into(), rule).is_some() {
            return Err(ConfigError::invalid_setting(format!(
                "gRPC name {name:?} has two rules: must have one"
            )));
        }
        Ok(self)
    }

    /// Returns the rule for the path of a call.
    pub(super) fn rule_for(&self, path: &str) -> Option<&Rule> {
        let name = path.strip_prefix('/')?;
        let (service, method) = name.split_once('/')?;
        if method.is_empty() || method.contains('/') {
            return None;
        }
        self.rules.get(name).or_else(|| self.rules.get(service))
    }
}

/// Shows every rule.
impl fmt::Debug for GrpcRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries: Vec<(String, &dyn fmt::Debug)> = Vec::new();
        for (name, rule) in &self.rules {
            entries.push((name.to_string(), rule));
        }
        show(f, entries)
    }
}
