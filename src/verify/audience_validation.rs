//! Rules about the audience that can't work or would mean nothing, found while building.

use super::Audience;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwt::{AudRule, NamedClaim};
use crate::policy::RequiredScopes;

impl Audience {
    /// Rejects empty names and lists, and claims that say nothing about the audience.
    pub(super) fn validate(&self, issuer: &str) -> Result<(), ConfigError> {
        let rule = self.rule();
        if let AudRule::AnyOf(names) = &rule.aud
            && has_empty(names)
        {
            return Err(empty(format!(
                "audience of issuer {issuer:?} is {names:?}: must name at least one audience, and \
                 none may be empty"
            )));
        }
        rule.claims
            .iter()
            .try_for_each(|claim| validate_named(issuer, "claim", claim, problem_of(claim)))?;
        rule.header_parameters.iter().try_for_each(|parameter| {
            let problem = problem_of_parameter(parameter);
            validate_named(issuer, "header parameter", parameter, problem)
        })?;
        let mut scopes = RequiredScopes::none();
        scopes.add(rule.scopes.iter().map(|scope| &**scope));
        scopes.validate()
    }
}

/// `kind` is what is named: a claim or a header parameter.
fn validate_named(
    issuer: &str,
    kind: &str,
    named: &NamedClaim,
    problem: Option<&str>,
) -> Result<(), ConfigError> {
    let name = &named.name;
    if name.is_empty() {
        return Err(empty(format!(
            "audience of issuer {issuer:?}: {kind} \"\": its name must not be empty"
        )));
    }
    if name.contains(char::is_control) {
        return Err(ConfigError::invalid_setting(format!(
            "audience of issuer {issuer:?}: {kind} {name:?}: must not contain control characters"
        )));
    }
    if let Some(problem) = problem {
        return Err(ConfigError::invalid_setting(format!(
            "audience of issuer {issuer:?}: {kind} {name:?} {problem}"
        )));
    }
    match &named.any_of {
        Some(values) if has_empty(values) => Err(empty(format!(
            "audience of issuer {issuer:?}: {kind} {name:?} is {values:?}: must have at least one \
             value, and none may be empty"
        ))),
        _ => Ok(()),
    }
}

/// Returns why a claim can't be a part of the rule.
fn problem_of(claim: &NamedClaim) -> Option<&'static str> {
    let has_values = claim.any_of.is_some();
    match &*claim.name {
        "aud" => Some("is compared by Audience::from: use that"),
        // Each is a list of scopes in one string.
        "scope" | "scp" if has_values => Some(
            "has scopes: use and_scope or dangerous_any_with_scope, which read them one by one",
        ),
        "iss" | "exp" | "nbf" | "iat" | "jti" if has_values => {
            Some("does not say whom a token is for: name another one")
        }
        _ => None,
    }
}

/// Header parameters that do not say whom a token is for: RFC 7515 §4.1, RFC 7516 §4.1.3 (`zip`),
/// RFC 7797 §3 (`b64`), and claims that may be repeated there (RFC 7519 §5.3).
const OTHER_PARAMETERS: [&str; 17] = [
    "alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "b64",
    "zip", "iss", "exp", "nbf", "iat",
];

/// Returns why a header parameter can't be a part of the rule.
fn problem_of_parameter(parameter: &NamedClaim) -> Option<&'static str> {
    OTHER_PARAMETERS
        .contains(&&*parameter.name)
        .then_some("does not say whom a token is for: name another one")
}

fn has_empty(names: &[String]) -> bool {
    names.is_empty() || names.iter().any(String::is_empty)
}

fn empty(message: String) -> ConfigError {
    ConfigError::new(ConfigErrorKind::EmptyAudience, message)
}
