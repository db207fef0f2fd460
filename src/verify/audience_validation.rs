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
            .try_for_each(|claim| validate_claim(issuer, claim))?;
        let mut scopes = RequiredScopes::none();
        scopes.add(rule.scopes.iter().map(|scope| &**scope));
        scopes.validate()
    }
}

fn validate_claim(issuer: &str, claim: &NamedClaim) -> Result<(), ConfigError> {
    let name = &claim.name;
    if name.is_empty() {
        return Err(empty(format!(
            "audience of issuer {issuer:?}: claim \"\": its name must not be empty"
        )));
    }
    if let Some(problem) = problem_of(claim) {
        return Err(ConfigError::invalid_setting(format!(
            "audience of issuer {issuer:?}: claim {name:?} {problem}"
        )));
    }
    match &claim.any_of {
        Some(values) if has_empty(values) => Err(empty(format!(
            "audience of issuer {issuer:?}: claim {name:?} is {values:?}: must have at least one \
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

fn has_empty(names: &[String]) -> bool {
    names.is_empty() || names.iter().any(String::is_empty)
}

fn empty(message: String) -> ConfigError {
    ConfigError::new(ConfigErrorKind::EmptyAudience, message)
}
