//! The checks that follow verification. They run for every token, cached or not.

mod replay;
mod revocation;
mod scopes;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::replay::ReplayCache;
use self::revocation::Revocation;
pub(crate) use self::scopes::RequiredScopes;
pub use self::scopes::Scopes;
use crate::error::Error;
use crate::jwt::Claims;

/// A predicate over claims.
pub(crate) type ClaimsPredicate<C> = Arc<dyn Fn(&Claims<C>) -> bool + Send + Sync>;

/// The checks that a verified token must also pass.
pub(crate) struct Policy<C> {
    pub(crate) revocation: Revocation<C>,
    pub(crate) scopes: RequiredScopes,
    /// The token is rejected unless all of these return true.
    pub(crate) authorized: Vec<ClaimsPredicate<C>>,
    pub(crate) replays: Option<ReplayCache>,
}

impl<C> Policy<C> {
    pub(crate) const fn new() -> Self {
        Self {
            revocation: Revocation::new(),
            scopes: RequiredScopes::none(),
            authorized: Vec::new(),
            replays: None,
        }
    }

    /// Returns whether a check depends on the claims' type.
    pub(crate) const fn has_predicates(&self) -> bool {
        !self.revocation.is_empty() || !self.authorized.is_empty()
    }

    /// Runs all checks. `now` is the time since 1970.
    ///
    /// Replay comes last, so that a token that another check rejects does not count as used.
    pub(crate) fn check(&self, claims: &Claims<C>, now: Duration) -> Result<(), Error> {
        self.revocation.check(claims)?;
        self.scopes.check_all(claims)?;
        if !self.authorized.iter().all(|authorized| authorized(claims)) {
            return Err(Error::insufficient_scope(None));
        }
        match &self.replays {
            Some(replays) => replays.check(claims, now),
            None => Ok(()),
        }
    }
}
