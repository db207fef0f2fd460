//! Rules: what the claims of a token must say, as data.

mod authentication;
mod build;
mod check;
mod claim_path;
mod condition;
mod needs;
mod outcome;
mod show;
mod step_up;

use std::time::Duration;

use self::authentication::Acr;
pub use self::claim_path::ClaimPath;
use self::condition::Condition;
pub use self::step_up::StepUp;
use super::RequiredScopes;

/// A rule about the claims of a token: scopes, roles, other claims, and how and when the user has
/// authenticated, combined with [`and`](Self::and), [`or`](Self::or) and [`not`](Self::not).
///
/// A rule is data and not a closure: `Debug` shows all of it, so a reviewer can read a policy, and
/// tests can compare it. It works with every claims type `C`, since it reads the payload that was
/// signed.
///
/// Use it with [`RequireLayer::rule`](crate::RequireLayer::rule), with the tables
/// [`RouteRules`](crate::RouteRules), [`GrpcRules`](crate::GrpcRules) and
/// [`McpRules`](crate::McpRules), in handlers with [`check_claims`](Self::check_claims), or for the
/// whole layer: it is a [`TokenCheck`](crate::TokenCheck) for
/// [`JwtAuthBuilder::check`](crate::JwtAuthBuilder::check).
///
/// | claims | rejected with |
/// |---|---|
/// | lack a scope | 403 `insufficient_scope`, with `scope="…"`: all scopes of the rule |
/// | need another authentication ([`acr`](Self::acr), [`max_age`](Self::max_age)) | 401 `insufficient_user_authentication`, with `acr_values="…"`, `max_age="…"`, and `scope="…"` if a scope is missing, too (RFC 9470 §3) |
/// | do not meet another part, such as a role | 403 `insufficient_scope` without parameters: neither scopes nor another authentication would help |
///
/// Of several alternatives ([`or`](Self::or)), the response names those that a token with further
/// scopes, or another authentication, could meet.
///
/// Note: a claim that is absent, `null`, or of another JSON type than the rule expects meets
/// neither the rule nor its negation, so the request is rejected. To accept a token without the
/// claim, use [`present`](Self::present). The same holds for scopes, if the token has neither
/// `scope` nor `scp`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{ClaimPath, RequireLayer, Rule};
///
/// // {"scope": "orders:write", "realm_access": {"roles": ["editor"]}}
/// let editor = Rule::any_of(ClaimPath::keycloak_realm_roles(), ["editor", "admin"])?;
/// let rule = Rule::all_scopes(["orders:write"])?.and(editor);
/// assert_eq!(
///     format!("{rule:?}"),
///     r#"all_scopes("orders:write") and any_of("/realm_access/roles", ["editor", "admin"])"#
/// );
///
/// // And the user has authenticated within the last five minutes.
/// let recent = Rule::max_age(Duration::from_secs(300))?;
/// let refund = RequireLayer::rule(rule.and(recent));
/// # drop(refund);
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Rule(Node);

#[derive(Clone)]
enum Node {
    /// Any verified token.
    Authenticated,
    AllScopes(RequiredScopes),
    AnyScope(RequiredScopes),
    Claim(Condition),
    Acr(Acr),
    MaxAge(Duration),
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
}
