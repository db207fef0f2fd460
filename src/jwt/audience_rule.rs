//! The rule that says which tokens are for this service (RFC 7519 §4.1.3).

use std::sync::Arc;

use super::claims_set::ClaimsSet;
use super::named_claims;
use super::registered::OneOrMany;
use super::rules::Expected;
use crate::error::{Error, ErrorKind};

/// Which tokens of an issuer are for this service: those that meet all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AudienceRule {
    pub(crate) aud: AudRule,
    /// The claims that are compared besides `aud`.
    pub(crate) claims: Vec<NamedClaim>,
    /// The header parameters that are compared, too.
    pub(crate) header_parameters: Vec<NamedClaim>,
    /// The scopes that must be granted, all of them.
    pub(crate) scopes: Vec<Arc<str>>,
}

/// What `aud` must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AudRule {
    /// It contains one of these.
    AnyOf(Vec<String>),
    /// It is absent or an empty array: another claim, or a header parameter, is compared in its
    /// place.
    Absent,
    /// Anything.
    Any,
}

/// A claim, or a header parameter, that must be present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedClaim {
    pub(crate) name: Arc<str>,
    /// The values one of which the claim must be, or contain. `None`: any but `null`.
    pub(crate) any_of: Option<Vec<String>>,
    /// Whether it is compared in place of `aud`.
    pub(crate) replaces_aud: bool,
}

impl ClaimsSet<'_> {
    /// Rejects a token that is not for this service, whatever its scopes are.
    pub(super) fn check_audience(self, expected: Expected<'_>) -> Result<(), Error> {
        let rule = expected.audience;
        let may_be_missing = expected.exceptions.allow_missing_audience;
        if self.registered.aud.is_some() || !may_be_missing {
            self.check_aud(&rule.aud)?;
        }
        // The default rule does not read the payload again.
        if !rule.claims.is_empty() {
            named_claims::check(self.payload, &rule.claims)?;
        }
        Ok(())
    }

    /// Returns the first scope of the rule that is not granted. A caller may learn of it only once
    /// the binding of the token is proven.
    pub(super) fn lacking_scope(self, rule: &AudienceRule) -> Option<&Arc<str>> {
        let mut scopes = rule.scopes.iter();
        scopes.find(|scope| !self.grants(scope))
    }

    fn check_aud(self, rule: &AudRule) -> Result<(), Error> {
        let aud = self.registered.aud.as_ref().map(OneOrMany::as_slice);
        match (rule, aud) {
            (AudRule::Any, _) | (AudRule::Absent, None | Some([])) => Ok(()),
            // The token is meant for someone else: RFC 7519 §4.1.3 has it rejected.
            (AudRule::Absent, Some(_)) => Err(ErrorKind::WrongAudience.into()),
            (AudRule::AnyOf(_), None) => Err(Error::about_claim(ErrorKind::MissingClaim, "aud")),
            (AudRule::AnyOf(_), Some([])) => Err(Error::no_audience()),
            (AudRule::AnyOf(names), Some(values)) => {
                let is_configured = |aud: &str| names.iter().any(|name| name == aud);
                let mut values = values.iter();
                if values.any(|value| is_configured(value.resolve(self.payload))) {
                    Ok(())
                } else {
                    Err(ErrorKind::WrongAudience.into())
                }
            }
        }
    }

    fn grants(self, scope: &str) -> bool {
        let mut scopes = self.registered.scopes(self.payload);
        scopes.any(|granted| granted == scope)
    }
}
