//! Checking claims.

use std::fmt;

use super::authentication::check_age;
use super::needs::Needs;
use super::outcome::Outcome;
use super::{Node, Rule};
use crate::error::Error;
use crate::jwt::Claims;
use crate::policy::{CheckContext, CheckOutcome, TokenCheck};

impl Rule {
    /// Rejects claims that do not meet the rule. For handlers; see
    /// [`RequireLayer::rule`](crate::RequireLayer::rule) for routers and routes.
    ///
    /// # Errors
    ///
    /// [`InsufficientUserAuthentication`](crate::ErrorKind::InsufficientUserAuthentication) if the
    /// user must authenticate in another way or again, else
    /// [`InsufficientScope`](crate::ErrorKind::InsufficientScope).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Claims, Error, Rule};
    ///
    /// /// The rule is built once, at start.
    /// fn delete_order(claims: &Claims, deletion: &Rule) -> Result<(), Error> {
    ///     deletion.check_claims(claims)
    /// }
    /// ```
    pub fn check_claims<C>(&self, claims: &Claims<C>) -> Result<(), Error> {
        if self.outcome(claims).is_met() {
            Ok(())
        } else {
            Err(Needs::of(self, claims).into_error(claims))
        }
    }

    /// Returns the scopes by which the claims meet the rule, separated by spaces.
    pub(crate) fn scopes_met<C>(&self, claims: &Claims<C>) -> Option<String> {
        Needs::of(self, claims).scopes()
    }

    /// Returns the scopes that the rule asks for, separated by spaces.
    pub(crate) fn scopes(&self) -> Option<String> {
        Needs::of_scopes(self).scopes()
    }

    /// Returns the parts of the rule that the claims do not meet, for developers.
    pub(crate) fn unmet_parts<C>(&self, claims: &Claims<C>) -> impl fmt::Display {
        let part = |rule: &Self| {
            let hint = match rule.outcome(claims) {
                Outcome::Met => return None,
                Outcome::NotMet => "",
                Outcome::Unknown => " (a claim of it is absent, or has another JSON type)",
            };
            Some(format!("{rule:?}{hint}"))
        };
        let parts: Vec<_> = match &self.0 {
            Node::All(rules) => rules.iter().filter_map(part).collect(),
            _ => part(self).into_iter().collect(),
        };
        format!("rule: not met: {}", parts.join("; "))
    }

    pub(super) fn outcome<C>(&self, claims: &Claims<C>) -> Outcome {
        match &self.0 {
            Node::Authenticated => Outcome::Met,
            Node::AllScopes(scopes) => of_scopes(scopes.check_all(claims).is_ok(), claims),
            Node::AnyScope(scopes) => of_scopes(scopes.check_any(claims).is_ok(), claims),
            Node::Claim(condition) => condition.check(claims.json()),
            Node::Acr(acr) => acr.check(claims),
            Node::MaxAge(max_age) => check_age(claims, *max_age),
            Node::All(rules) => fold(rules, claims, Outcome::Met, Outcome::and),
            Node::Any(rules) => fold(rules, claims, Outcome::NotMet, Outcome::or),
            Node::Not(rule) => rule.outcome(claims).not(),
        }
    }
}

/// Returns the outcome of a rule about scopes. Nothing is known about those of a token that names
/// none: its issuer may write them elsewhere.
fn of_scopes<C>(are_granted: bool, claims: &Claims<C>) -> Outcome {
    if are_granted || claims.names_scopes() {
        are_granted.into()
    } else {
        Outcome::Unknown
    }
}

/// Combines the outcomes of rules. Stops where the others change nothing.
fn fold<C>(
    rules: &[Rule],
    claims: &Claims<C>,
    start: Outcome,
    combine: impl Fn(Outcome, Outcome) -> Outcome,
) -> Outcome {
    let end = start.not();
    let mut outcome = start;
    for rule in rules {
        outcome = combine(outcome, rule.outcome(claims));
        if outcome == end {
            break;
        }
    }
    outcome
}

/// Requires the rule of every token that the layer accepts.
impl<C: 'static> TokenCheck<C> for Rule {
    fn check(&self, claims: &Claims<C>, _: &CheckContext<'_>) -> CheckOutcome {
        self.check_claims(claims).into()
    }

    fn unmet(&self, claims: &Claims<C>) -> Option<String> {
        Some(self.unmet_parts(claims).to_string())
    }
}
