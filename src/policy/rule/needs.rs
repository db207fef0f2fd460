//! What claims lack to meet a rule, for the response. Only read when a request is rejected.

use std::time::Duration;

use super::{Node, Rule, StepUp};
use crate::error::{Error, UserAuthentication};
use crate::jwt::Claims;

/// What a rule asks for, and which parts of it the claims lack.
///
/// A new token replaces the one that the client has. So it needs the parts that are met, too.
#[derive(Default)]
pub(super) struct Needs<'r> {
    scopes: Vec<&'r str>,
    acr_values: Vec<&'r str>,
    max_age: Option<Duration>,
    lacks_scope: bool,
    lacks_authentication: bool,
    /// Whether the claims lack what neither scopes nor another authentication can change.
    lacks_other: bool,
}

impl<'r> Needs<'r> {
    pub(super) fn of<C>(rule: &'r Rule, claims: &Claims<C>) -> Self {
        let lacks = !rule.outcome(claims).is_met();
        match &rule.0 {
            Node::AnyScope(scopes) if !lacks => Self {
                scopes: scopes.first_granted(claims).into_iter().collect(),
                ..Self::default()
            },
            Node::AllScopes(scopes) | Node::AnyScope(scopes) => Self {
                scopes: scopes.iter().collect(),
                lacks_scope: lacks,
                ..Self::default()
            },
            Node::Acr(acr) => Self {
                acr_values: acr.values.iter().map(AsRef::as_ref).collect(),
                lacks_authentication: lacks,
                ..Self::default()
            },
            Node::MaxAge(max_age) => Self {
                max_age: Some(*max_age),
                lacks_authentication: lacks,
                ..Self::default()
            },
            Node::All(rules) => {
                let needs = rules.iter().map(|rule| Self::of(rule, claims));
                needs.fold(Self::default(), Self::join)
            }
            Node::Any(rules) => Self::of_alternatives(rules, claims),
            Node::Authenticated | Node::Claim(_) | Node::Not(_) => Self {
                lacks_other: lacks,
                ..Self::default()
            },
        }
    }

    /// Returns the scopes that a rule asks for, whatever the claims are.
    pub(super) fn of_scopes(rule: &'r Rule) -> Self {
        match &rule.0 {
            Node::AllScopes(scopes) | Node::AnyScope(scopes) => Self {
                scopes: scopes.iter().collect(),
                ..Self::default()
            },
            Node::All(rules) | Node::Any(rules) => {
                let needs = rules.iter().map(Self::of_scopes);
                needs.fold(Self::default(), Self::join)
            }
            _ => Self::default(),
        }
    }

    /// Returns the scopes, each once, separated by spaces.
    pub(super) fn scopes(&self) -> Option<String> {
        joined(&self.scopes)
    }

    pub(super) fn of_step_up<N: StepUp>(lacks_scope: bool, lacks_authentication: bool) -> Self {
        Self {
            scopes: N::SCOPES.to_vec(),
            acr_values: N::ACR_VALUES.to_vec(),
            max_age: N::MAX_AGE,
            lacks_scope,
            lacks_authentication,
            lacks_other: false,
        }
    }

    /// Returns what the first alternative that is met asks for, else what those ask for that the
    /// client can do something about.
    fn of_alternatives<C>(rules: &'r [Rule], claims: &Claims<C>) -> Self {
        if let Some(met) = rules.iter().find(|rule| rule.outcome(claims).is_met()) {
            return Self::of(met, claims);
        }
        let needs = rules.iter().map(|rule| Self::of(rule, claims));
        let possible = needs.filter(|needs| !needs.lacks_other);
        possible.reduce(Self::join).unwrap_or(Self {
            lacks_other: true,
            ..Self::default()
        })
    }

    fn join(mut self, other: Self) -> Self {
        self.scopes.extend(other.scopes);
        self.acr_values.extend(other.acr_values);
        self.max_age = match (self.max_age, other.max_age) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.lacks_scope |= other.lacks_scope;
        self.lacks_authentication |= other.lacks_authentication;
        self.lacks_other |= other.lacks_other;
        self
    }

    /// Returns the error of these claims.
    pub(super) fn into_error<C>(self, claims: &Claims<C>) -> Error {
        if self.lacks_other {
            return claims.insufficient_scope(None);
        }
        let scope = self.scopes().filter(|_| self.lacks_scope);
        let error = claims.insufficient_scope(scope.map(Into::into));
        if !self.lacks_authentication {
            return error;
        }
        error.with_user_authentication(UserAuthentication {
            acr_values: joined(&self.acr_values).map(Into::into),
            max_age: self.max_age,
            scopes: self.scopes().map(Into::into),
        })
    }
}

/// Returns the values, each once, separated by spaces.
fn joined(values: &[&str]) -> Option<String> {
    let mut distinct: Vec<&str> = Vec::new();
    for value in values {
        if !distinct.contains(value) {
            distinct.push(value);
        }
    }
    (!distinct.is_empty()).then(|| distinct.join(" "))
}
