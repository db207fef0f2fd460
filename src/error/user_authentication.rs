//! Errors about how, and when, the user has authenticated (RFC 9470).

use std::time::Duration;

use super::{Error, ErrorKind};

/// The authentication that a request needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserAuthentication {
    /// In order of preference, separated by spaces.
    pub(crate) acr_values: Option<Box<str>>,
    /// In whole seconds.
    pub(crate) max_age: Option<Duration>,
    /// All scopes that are needed beside it, also granted ones, separated by spaces.
    pub(crate) scopes: Option<Box<str>>,
}

impl Error {
    /// Returns the error of a user who must authenticate again, in place of that of missing scopes.
    /// Keeps the scopes.
    pub(crate) fn with_user_authentication(self, needed: UserAuthentication) -> Self {
        let mut error = Self {
            name: self.name,
            details: self.details,
            ..Self::new(ErrorKind::InsufficientUserAuthentication)
        };
        error.details_mut().user_authentication = Some(needed);
        error
    }

    fn user_authentication(&self) -> Option<&UserAuthentication> {
        self.details.as_ref()?.user_authentication.as_ref()
    }

    /// Returns the scopes that are needed beside the authentication, also granted ones.
    pub(crate) fn scopes_beside(&self) -> Option<&str> {
        self.user_authentication()?.scopes.as_deref()
    }

    /// Returns the values of `acr`, one of which the request needs, in order of preference and
    /// separated by spaces (RFC 9470 §3).
    ///
    /// `None` for kinds other than [`ErrorKind::InsufficientUserAuthentication`], and if no value
    /// is required.
    #[must_use]
    pub fn acr_values(&self) -> Option<&str> {
        self.user_authentication()?.acr_values.as_deref()
    }

    /// Returns the maximum time since the user's authentication, in whole seconds (RFC 9470 §3).
    ///
    /// `None` for kinds other than [`ErrorKind::InsufficientUserAuthentication`], and if no maximum
    /// is required.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.user_authentication()?.max_age
    }
}
