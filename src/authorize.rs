//! What a verified token may do, and whether it still may: checked at every use, never cached.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;
use crate::replay::Replays;

type Predicate<C> = Arc<dyn Fn(&Claims<C>) -> bool + Send + Sync>;

/// The checks that come after validation.
pub(crate) struct Policy<C> {
    scopes: Vec<Box<str>>,
    /// The scopes as the challenge shows them.
    challenge: Option<Arc<str>>,
    /// One of these is enough to refuse.
    pub(crate) revoked: Vec<Predicate<C>>,
    /// All of these must allow.
    pub(crate) authorized: Vec<Predicate<C>>,
    pub(crate) replays: Option<Replays>,
}

impl<C> Policy<C> {
    pub(crate) const fn new() -> Self {
        Self {
            scopes: Vec::new(),
            challenge: None,
            revoked: Vec::new(),
            authorized: Vec::new(),
            replays: None,
        }
    }

    pub(crate) fn require_scopes(&mut self, scopes: impl IntoIterator<Item = impl Into<String>>) {
        self.scopes.extend(
            scopes
                .into_iter()
                .map(|scope| scope.into().into_boxed_str()),
        );
        self.challenge = Some(self.scopes.join(" ").into());
    }

    pub(crate) fn scopes(&self) -> &[Box<str>] {
        &self.scopes
    }

    /// In this order, so that a token that is refused anyway doesn't use up its only use.
    /// `now` is the time since 1970.
    pub(crate) fn check(&self, claims: &Claims<C>, now: Duration) -> Result<(), Error> {
        if self.revoked.iter().any(|revoked| revoked(claims)) {
            return Err(ErrorKind::Revoked.into());
        }
        if !self.scopes.iter().all(|scope| claims.has_scope(scope)) {
            return Err(Error::insufficient_scope(self.challenge.clone()));
        }
        if !self.authorized.iter().all(|authorized| authorized(claims)) {
            return Err(Error::insufficient_scope(None));
        }
        match &self.replays {
            Some(replays) => replays.check(claims, now),
            None => Ok(()),
        }
    }
}

impl<C> Clone for Policy<C> {
    fn clone(&self) -> Self {
        Self {
            scopes: self.scopes.clone(),
            challenge: self.challenge.clone(),
            revoked: self.revoked.clone(),
            authorized: self.authorized.clone(),
            replays: self.replays.clone(),
        }
    }
}
