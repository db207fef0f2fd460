//! The input of the checks of claims.

use std::sync::Arc;
use std::time::Duration;

use super::registered::Registered;
use super::rules::{Expected, Rules};
use super::times::{check_not_before, check_not_expired};
use super::token::{Unverified, Verified};
use super::token_type::TokenType;
use crate::error::Error;

/// The claims set of a token, and the type of the token.
#[derive(Clone, Copy)]
pub(super) struct ClaimsSet<'c> {
    pub(super) registered: &'c Registered,
    pub(super) payload: &'c str,
    pub(super) token_type: &'c TokenType,
}

/// The outcomes of checks that depend on the issuer, for diagnosis.
pub(crate) struct ClaimsOutcomes {
    pub(crate) purpose: Result<(), Error>,
    pub(crate) audience: Result<(), Error>,
    pub(crate) access_token: Result<(), Error>,
    pub(crate) binding: Result<(), Error>,
}

impl Verified<'_> {
    pub(super) const fn claims_set(&self) -> ClaimsSet<'_> {
        ClaimsSet {
            registered: &self.registered,
            payload: self.payload.payload,
            token_type: &self.token_type,
        }
    }
}

impl Unverified<'_> {
    /// Checks that the token has not expired. `now` is the time since 1970.
    pub(crate) fn check_expiry(&self, rules: &Rules, now: Duration) -> Result<(), Error> {
        check_not_expired(&self.registered, rules, now).map(|_| ())
    }

    /// Checks that `nbf` and `iat` are not in the future. `now` is the time since 1970.
    pub(crate) fn check_start(&self, rules: &Rules, now: Duration) -> Result<(), Error> {
        check_not_before(&self.registered, rules, now)
    }

    /// Runs every check of the claims except the times, also after the first that fails.
    pub(crate) fn check_each(
        &self,
        typ: Option<&str>,
        rules: &Rules,
        expected: Expected<'_>,
    ) -> ClaimsOutcomes {
        let claims = ClaimsSet {
            registered: &self.registered,
            payload: self.payload.payload,
            token_type: &TokenType::of(typ),
        };
        ClaimsOutcomes {
            purpose: claims.check_purpose(rules, expected),
            audience: claims.check_audience(expected).and_then(|()| {
                let lacking = claims.lacking_scope(expected.audience);
                lacking.map_or(Ok(()), |scope| {
                    Err(Error::insufficient_scope(Some(Arc::clone(scope))))
                })
            }),
            access_token: claims.check_access_token(rules),
            binding: self
                .registered
                .check_binding(rules.bindings, expected.exceptions.accept_bound),
        }
    }
}
