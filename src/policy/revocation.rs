//! Revoked tokens.

use super::ClaimsPredicate;
use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;

/// Predicates that return whether a token was revoked.
pub(crate) struct Revocation<C> {
    predicates: Vec<ClaimsPredicate<C>>,
}

impl<C> Revocation<C> {
    pub(super) const fn new() -> Self {
        Self {
            predicates: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, is_revoked: ClaimsPredicate<C>) {
        self.predicates.push(is_revoked);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.predicates.is_empty()
    }

    /// Rejects claims if one of the predicates returns true.
    pub(super) fn check(&self, claims: &Claims<C>) -> Result<(), Error> {
        if self.predicates.iter().any(|is_revoked| is_revoked(claims)) {
            return Err(ErrorKind::Revoked.into());
        }
        Ok(())
    }
}
