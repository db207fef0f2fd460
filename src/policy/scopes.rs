//! Required scopes.

use std::sync::Arc;

use super::{CheckContext, CheckOutcome, TokenCheck};
use crate::config_error::ConfigError;
use crate::error::Error;
use crate::jwt::Claims;
use crate::response::is_quotable;

/// Scopes that a token must grant, all of them or one.
#[derive(Clone, Debug)]
pub(crate) struct RequiredScopes {
    scopes: Vec<Box<str>>,
    /// The scopes as the challenge shows them, separated by spaces (RFC 6750 §3).
    challenge: Option<Arc<str>>,
}

impl RequiredScopes {
    pub(crate) const fn none() -> Self {
        Self {
            scopes: Vec::new(),
            challenge: None,
        }
    }

    pub(crate) fn add(&mut self, scopes: impl IntoIterator<Item = impl Into<String>>) {
        self.scopes.extend(
            scopes
                .into_iter()
                .map(|scope| scope.into().into_boxed_str()),
        );
        self.challenge = Some(self.scopes.join(" ").into());
    }

    /// Returns the scopes.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(AsRef::as_ref)
    }

    /// Returns the scopes as the challenge shows them.
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.challenge.as_deref()
    }

    /// Returns the scopes, separated by spaces.
    pub(crate) fn joined(&self) -> &str {
        self.as_str().unwrap_or_default()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// Rejects strings that are not scopes, which no token could grant.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        match self.scopes.iter().find(|scope| !is_scope(scope)) {
            None => Ok(()),
            Some(scope) => Err(ConfigError::invalid_setting(format!(
                "scope {scope:?}: must be one or more visible ASCII characters other than \" and \\ \
                 (RFC 6749 section 3.3)"
            ))),
        }
    }

    /// Returns the first of the scopes that the claims grant.
    pub(crate) fn first_granted<C>(&self, claims: &Claims<C>) -> Option<&str> {
        let mut scopes = self.scopes.iter().map(|scope| &**scope);
        scopes.find(|scope| claims.has_scope(scope))
    }

    /// Rejects claims that do not grant all of the scopes.
    pub(crate) fn check_all<C>(&self, claims: &Claims<C>) -> Result<(), Error> {
        self.require(self.scopes.iter().all(|scope| claims.has_scope(scope)))
    }

    /// Rejects claims that grant none of the scopes.
    pub(crate) fn check_any<C>(&self, claims: &Claims<C>) -> Result<(), Error> {
        self.require(self.scopes.iter().any(|scope| claims.has_scope(scope)))
    }

    fn require(&self, granted: bool) -> Result<(), Error> {
        if granted {
            Ok(())
        } else {
            Err(Error::insufficient_scope(self.challenge.clone()))
        }
    }
}

impl<C> TokenCheck<C> for RequiredScopes {
    fn check(&self, claims: &Claims<C>, _: &CheckContext<'_>) -> CheckOutcome {
        self.check_all(claims).into()
    }
}

impl<C> Claims<C> {
    /// Rejects claims that do not grant all of these scopes. If `scopes` is empty, accepts all
    /// claims.
    ///
    /// # Errors
    ///
    /// [`InsufficientScope`](crate::ErrorKind::InsufficientScope), with the scopes as
    /// [`required_scope`](Error::required_scope).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Claims, Error};
    ///
    /// fn delete_order(claims: &Claims) -> Result<(), Error> {
    ///     claims.require_scopes(&["orders:delete"])
    /// }
    /// ```
    pub fn require_scopes(&self, scopes: &[&str]) -> Result<(), Error> {
        if scopes.iter().all(|scope| self.has_scope(scope)) {
            return Ok(());
        }
        // Other text can't be in the challenge.
        let named = are_scopes(scopes).then(|| scopes.join(" ").into());
        Err(self.insufficient_scope(named))
    }

    /// Rejects claims that do not grant all scopes that `N` names.
    ///
    /// Does not compile if [`Scopes::ALL`] is empty, or contains a string that is not a scope.
    ///
    /// # Errors
    ///
    /// As [`require_scopes`](Self::require_scopes).
    pub fn require<N: Scopes>(&self) -> Result<(), Error> {
        const {
            assert!(
                are_scopes(N::ALL),
                "`Scopes::ALL` must have an entry, and each must be a scope (RFC 6749 section 3.3)"
            );
        }
        self.require_scopes(N::ALL)
    }
}

/// Names the scopes that a handler requires, for [`Claims::require`] and, with feature `axum`, the
/// extractor `Scoped`.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::Scopes;
///
/// struct OrdersRead;
///
/// impl Scopes for OrdersRead {
///     const ALL: &'static [&'static str] = &["orders:read"];
/// }
/// ```
pub trait Scopes {
    /// The scopes, all of which are required. A handler with an empty list, or with a string that
    /// is not a scope (RFC 6749 §3.3), does not compile.
    const ALL: &'static [&'static str];
}

/// Returns whether the list can be required: it is not empty, and each entry is a scope.
pub(super) const fn are_scopes(mut scopes: &[&str]) -> bool {
    let not_empty = !scopes.is_empty();
    while let [scope, rest @ ..] = scopes {
        if !is_scope(scope) {
            return false;
        }
        scopes = rest;
    }
    not_empty
}

/// Returns whether the string is a `scope-token` (RFC 6749 §3.3), which a token can grant and a
/// challenge can show.
pub(super) const fn is_scope(scope: &str) -> bool {
    let mut bytes = scope.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if !byte.is_ascii_graphic() || !is_quotable(char_from(*byte)) {
            return false;
        }
        bytes = rest;
    }
    !scope.is_empty()
}

#[expect(clippy::as_conversions, reason = "`char::from` is not const")]
const fn char_from(byte: u8) -> char {
    byte as char
}
