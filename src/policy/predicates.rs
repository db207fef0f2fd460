//! Predicates over claims as checks.

use std::error::Error as StdError;

use super::{CheckContext, CheckOutcome, TokenCheck};
use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;

/// Rejects a token if the predicate returns that it was revoked.
pub(crate) struct Revoked<F>(pub(crate) F);

/// Rejects a token if the future of the predicate resolves to true: it was revoked.
pub(crate) struct RevokedLater<F>(pub(crate) F);

/// Rejects a token unless the predicate returns that it is authorized.
pub(crate) struct Authorized<F>(pub(crate) F);

impl<C, F> TokenCheck<C> for Revoked<F>
where
    F: Fn(&Claims<C>) -> bool + Send + Sync + 'static,
{
    fn check(&self, claims: &Claims<C>, _: &CheckContext<'_>) -> CheckOutcome {
        if self.0(claims) {
            CheckOutcome::reject(ErrorKind::Revoked)
        } else {
            CheckOutcome::accept()
        }
    }
}

impl<C, F, Fut> TokenCheck<C> for RevokedLater<F>
where
    F: Fn(&Claims<C>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<bool, Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    fn check(&self, claims: &Claims<C>, _: &CheckContext<'_>) -> CheckOutcome {
        let is_revoked = self.0(claims);
        CheckOutcome::pending(async {
            match is_revoked.await {
                Ok(false) => Ok(()),
                Ok(true) => Err(ErrorKind::Revoked.into()),
                Err(error) => Err(Error::check_unavailable(Some(error.into()))),
            }
        })
    }
}

impl<C, F> TokenCheck<C> for Authorized<F>
where
    F: Fn(&Claims<C>) -> bool + Send + Sync + 'static,
{
    fn check(&self, claims: &Claims<C>, _: &CheckContext<'_>) -> CheckOutcome {
        if self.0(claims) {
            CheckOutcome::accept()
        } else {
            CheckOutcome::reject(Error::insufficient_scope(None))
        }
    }
}
