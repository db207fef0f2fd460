//! Rules by method and route.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::Method;

use super::show;
use crate::config_error::ConfigError;
use crate::policy::Rule;
use crate::request::RequestParts;

/// A table of rules by HTTP method and route, for
/// [`RequireLayer::route_rules`](crate::RequireLayer::route_rules). Rejects requests that it does
/// not list with 403.
///
/// The route is the pattern that the router was given, such as `/orders/{id}`, so no spelling of a
/// path can bypass it. A rule for `GET` applies to `HEAD`, too, unless `HEAD` has one of its own,
/// as axum's routes do. With axum's `Router::layer`, unknown paths and methods get 403 in place of
/// 404 and 405. With `route_layer`, unknown paths get 404, and the layer does not serve the
/// [resource metadata](crate::ResourceMetadata): add
/// [`metadata_service`](crate::JwtAuthLayer::metadata_service).
///
/// `Debug` shows the table, sorted by route, with `{:#?}` one rule in each line.
///
/// # Examples
///
/// ```
/// use axum::http::Method;
/// use axum::{Router, extract::MatchedPath, routing::get};
/// use tower_jwt_auth::{ConfigError, JwtAuthLayer, RequireLayer, RouteRules, Rule};
///
/// fn app(auth: JwtAuthLayer) -> Result<Router, ConfigError> {
///     let rules = RouteRules::new(|request| {
///         let matched = request.extensions().get::<MatchedPath>();
///         matched.map(MatchedPath::as_str)
///     });
///     let rules = rules
///         .add(Method::GET, "/orders", Rule::all_scopes(["orders:read"])?)?
///         .add(Method::POST, "/orders", Rule::all_scopes(["orders:write"])?)?
///         .add(Method::DELETE, "/orders/{id}", Rule::any_of("/roles", ["admin"])?)?;
///     println!("{rules:#?}");
///     Ok(Router::new()
///         .route("/orders", get(|| async { "orders" }).post(|| async { "ordered" }))
///         .route("/orders/{id}", get(|| async { "listed nowhere: 403" }))
///         .layer(RequireLayer::route_rules(rules))
///         .layer(auth)) // the last one is the outermost
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct RouteRules {
    matched_path: MatchedPath,
    rules: BTreeMap<Box<str>, Vec<(Method, Rule)>>,
}

type MatchedPath = Arc<dyn for<'r> Fn(&RequestParts<'r>) -> Option<&'r str> + Send + Sync>;

impl RouteRules {
    /// Returns an empty table, which rejects every request. The function returns the route that the
    /// router has matched: in axum, the extension `MatchedPath`, which has the whole route inside
    /// `nest`, too. Requests for which it returns `None` are rejected.
    pub fn new(
        matched_path: impl for<'r> Fn(&RequestParts<'r>) -> Option<&'r str> + Send + Sync + 'static,
    ) -> Self {
        Self {
            matched_path: Arc::new(matched_path),
            rules: BTreeMap::new(),
        }
    }

    /// Adds a rule for a method and a route.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if the route does not start with
    /// `/`, or if it already has a rule for this method.
    pub fn add(mut self, method: Method, route: &str, rule: Rule) -> Result<Self, ConfigError> {
        if !route.starts_with('/') {
            return Err(ConfigError::invalid_setting(format!(
                "route {route:?}: must start with /, as the router's routes do"
            )));
        }
        let of_route = self.rules.entry(route.into()).or_default();
        if find(of_route, &method).is_some() {
            return Err(ConfigError::invalid_setting(format!(
                "route {method} {route:?} has two rules: must have one"
            )));
        }
        of_route.push((method, rule));
        Ok(self)
    }

    pub(super) fn rule_for(&self, parts: &RequestParts<'_>) -> Option<&Rule> {
        let of_route = self.rules.get((self.matched_path)(parts)?)?;
        find(of_route, parts.method()).or_else(|| {
            let is_head = parts.method() == Method::HEAD;
            find(of_route, &Method::GET).filter(|_| is_head)
        })
    }
}

fn find<'r>(rules: &'r [(Method, Rule)], method: &Method) -> Option<&'r Rule> {
    let mut rules = rules.iter();
    rules.find_map(|(of, rule)| (of == method).then_some(rule))
}

/// Shows every rule.
impl fmt::Debug for RouteRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries: Vec<(String, &dyn fmt::Debug)> = Vec::new();
        for (route, rules) in &self.rules {
            for (method, rule) in rules {
                entries.push((format!("{method} {route}"), rule));
            }
        }
        show(f, entries)
    }
}
