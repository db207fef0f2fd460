//! Revoked tokens: the check of every request, and revoking a token by its claims.

use std::sync::Arc;

use super::{CheckContext, CheckOutcome, TokenCheck, Unchecked};
use crate::error::Error;
use crate::jwt::Claims;
use crate::revocation::{Revocation, RevocationState, Revocations, RevocationsFull};

/// The check that a token is not in the list.
pub(crate) struct NotListed(pub(crate) Revocations);

impl<C> TokenCheck<C> for NotListed {
    fn check(&self, claims: &Claims<C>, context: &CheckContext<'_>) -> CheckOutcome {
        if self.0.revokes_nothing() {
            return CheckOutcome::accept();
        }
        let now = context.since_epoch();
        let state = claims.revocable().map(|token| self.0.state(token, now));
        match state.and_then(RevocationState::error) {
            None => CheckOutcome::accept(),
            Some(error) => CheckOutcome::reject(error),
        }
    }
}

impl Revocations {
    /// Revokes one token: by its issuer and `jti`, or if it has no `jti`, by all of its claims as
    /// they were signed.
    ///
    /// For a token as text, see [`Authenticator::revoke`](crate::Authenticator::revoke).
    ///
    /// Note: revoke an introspected token at its issuer, too. Without `jti`, it is compared by the
    /// text of the issuer's answer, which can change. Without `exp`, its entry ends 65 minutes
    /// after the [`default_lifetime`](crate::IntrospectionSettings::default_lifetime), though the
    /// issuer may still answer that it is active.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn revoke<C>(&self, claims: &Claims<C>) -> Result<(), RevocationsFull> {
        self.add(Revocation::verified_token(
            claims.issuer(),
            claims.id(),
            claims.json(),
            claims.issued_at(),
            claims.expires_at(),
        ))
    }
}

impl<C> Unchecked<C> {
    /// Revokes the token, whatever the policy says about it.
    pub(crate) fn revoke(&self, revocations: &Revocations) -> Result<(), Error> {
        let added = revocations.revoke(self.claims());
        added.map_err(|full| Error::check_unavailable(Some(Arc::new(full))))
    }
}
