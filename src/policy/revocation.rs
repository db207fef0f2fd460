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
    /// Revokes one token, by its issuer and `jti`. A token without `jti` is identified by all of
    /// its claims as they were signed, and an introspected one by its hash (SHA-256).
    ///
    /// For a token as text, see [`Authenticator::revoke`](crate::Authenticator::revoke).
    ///
    /// The entry ends 65 minutes after `exp`. That of an introspected token, whose `exp` the issuer
    /// can change or omit, stays for at least the
    /// [`max_lifetime`](crate::RevocationSettings::max_lifetime) of the list after this call.
    ///
    /// Note: revoke an introspected token at its issuer, too. If it has no `iat`, and the issuer
    /// still responds that it is active when the entry has ended, it is accepted again.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn revoke<C>(&self, claims: &Claims<C>) -> Result<(), RevocationsFull> {
        let expires_at = if claims.is_introspected() {
            claims.expires_at().max(self.latest_expiry())
        } else {
            claims.expires_at()
        };
        self.add(Revocation::verified_token(
            claims.issuer(),
            claims.id(),
            claims.identity(),
            claims.issued_at(),
            expires_at,
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
