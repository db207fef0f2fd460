//! The check of the audience: what is compared, and the usual cause of a difference.

use std::fmt::Write as _;

use serde_json::Value;

use super::examination::Examination;
use super::facts::Facts;
use super::quoted::{public_values, quoted, quoted_list, shown, type_of};
use super::{audience_hints, differences};
use crate::error::{Error, ErrorKind};
use crate::jwt::{AudRule, AudienceRule, check_header_parameters};

impl<C> Examination<'_, C> {
    /// Adds the check. `of_claims` is the outcome of its part that reads the claims.
    pub(super) fn check_audience(
        &mut self,
        of_claims: Result<(), Error>,
        header: &[u8],
        rule: &AudienceRule,
    ) {
        let compared = Compared {
            facts: &self.facts,
            rule,
            is_header: of_claims.is_ok(),
        };
        let outcome = of_claims.and_then(|()| check_header_parameters(header, rule));
        let error = outcome.as_ref().err();
        let found = compared.found(error);
        let hint = error.and_then(|error| compared.hint(error));
        self.report
            .add("audience", outcome, Some(found), || (expected(rule), hint));
    }
}

/// A token, the rule that it is compared with, and where an error is.
struct Compared<'c> {
    facts: &'c Facts,
    rule: &'c AudienceRule,
    is_header: bool,
}

impl Compared<'_> {
    /// Returns `aud`, what is compared in its place, and which other condition failed.
    fn found(&self, error: Option<&Error>) -> String {
        let (facts, rule) = (self.facts, self.rule);
        let mut found = format!("`aud` {}", shown(facts.claim("aud")));
        for claim in rule.claims.iter().filter(|claim| claim.replaces_aud) {
            let value = shown_as(&claim.name, facts.claim(&claim.name));
            let _ = write!(found, ", `{}` {value}", claim.name);
        }
        let named = rule.header_parameters.iter();
        for parameter in named.filter(|parameter| parameter.replaces_aud) {
            let value = shown_as(&parameter.name, facts.header(&parameter.name));
            let _ = write!(found, ", header parameter `{}` {value}", parameter.name);
        }
        if let Some(failed) = error.and_then(|error| self.failed_condition(error)) {
            let _ = write!(found, ", {failed}");
        }
        found
    }

    /// Returns the condition that failed. The value of its claim may be personal: it is not shown.
    fn failed_condition(&self, error: &Error) -> Option<String> {
        if let Some(scope) = error.required_scope() {
            return Some(format!("missing scope {}", quoted(scope)));
        }
        let name = error.claim()?;
        let (named, value, kind) = if self.is_header {
            let named = &self.rule.header_parameters;
            (named, self.facts.header(name), "header parameter ")
        } else {
            (&self.rule.claims, self.facts.claim(name), "")
        };
        let is_condition = named
            .iter()
            .any(|named| *named.name == *name && !named.replaces_aud);
        let condition = match value {
            Some(Value::String(_) | Value::Array(_)) => format!("another {kind}`{name}`"),
            _ => format!("{kind}`{name}` {}", type_of(value)),
        };
        is_condition.then_some(condition)
    }

    fn hint(&self, error: &Error) -> Option<String> {
        if let Some(scope) = error.required_scope() {
            return Some(audience_hints::scope(self.facts, scope));
        }
        let is_wrong = error.kind() == ErrorKind::WrongAudience;
        match &self.rule.aud {
            AudRule::AnyOf(names) if is_wrong || error.claim() == Some("aud") => {
                differences::audience(self.facts, names)
            }
            AudRule::Absent if is_wrong && self.has_aud() => audience_hints::unexpected(self.facts),
            AudRule::Absent if is_wrong => self.other_value(),
            _ if error.claim() == Some("jti") => audience_hints::without_jti(self.facts),
            _ => None,
        }
    }

    fn has_aud(&self) -> bool {
        self.facts.audiences().next().is_some()
    }

    /// Returns what to do about another value of what is compared in place of `aud`.
    fn other_value(&self) -> Option<String> {
        if !self.is_header {
            let claim = self.rule.claims.iter().find(|claim| claim.replaces_aud)?;
            return Some(format!(
                "add this `{}` to Audience::claim, if its client may call this service",
                claim.name
            ));
        }
        let mut named = self.rule.header_parameters.iter();
        let name = &named.find(|parameter| parameter.replaces_aud)?.name;
        let value = self.facts.header_text(name);
        Some(if value.is_some_and(|value| value.starts_with("arn:")) {
            "add this ARN, if the load balancer forwards to this service".to_owned()
        } else {
            format!("add this `{name}` to Audience::header_parameter, if it is for this service")
        })
    }
}

/// The claims and header parameters that name a client or a sender, and no person.
const SHOWN: [&str; 6] = ["azp", "appid", "cid", "client", "client_id", "signer"];

/// Returns the value of a claim or header parameter that is compared in place of `aud`, if it may
/// be shown, and its type otherwise.
fn shown_as(name: &str, value: Option<&Value>) -> String {
    if SHOWN.contains(&name) {
        shown(value)
    } else {
        type_of(value).to_owned()
    }
}

fn expected(rule: &AudienceRule) -> String {
    let mut parts = Vec::new();
    match &rule.aud {
        AudRule::AnyOf(names) => parts.push(quoted_list(names.iter())),
        AudRule::Absent => parts.push("no `aud`".to_owned()),
        AudRule::Any => {}
    }
    for claim in &rule.claims {
        parts.push(match &claim.any_of {
            Some(values) => format!("`{}` {}", claim.name, public_values(values)),
            None => format!("`{}`", claim.name),
        });
    }
    for parameter in &rule.header_parameters {
        let values = parameter.any_of.as_deref().unwrap_or_default();
        let values = public_values(values);
        parts.push(format!("header parameter `{}` {values}", parameter.name));
    }
    if !rule.scopes.is_empty() {
        parts.push(format!("the scopes {}", quoted_list(rule.scopes.iter())));
    }
    parts.join(" and ")
}
