//! What becomes of a request.

use crate::error::{Error, ErrorKind};

/// What became of a request: see [`Observe::request`](crate::Observe::request).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestEvent<'o> {
    /// The outcome.
    pub outcome: RequestOutcome<'o>,
    /// The scheme that the token came with. `None` without a token, and if the token could not be
    /// read from the request.
    pub scheme: Option<TokenScheme>,
    /// The configured name of the issuer that `iss` of the token names, also if the token was
    /// rejected. Empty if no configured issuer matches, and if the token of a sole issuer was
    /// rejected by its header, before its claims were read.
    pub issuer: &'o str,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RequestOutcome<'o> {
    /// The token was accepted.
    Accepted,
    /// The request went on without claims, as configured
    /// ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip),
    /// [`pass_preflight`](crate::JwtAuthBuilder::pass_preflight)).
    Passed,
    /// The request was rejected.
    Rejected(&'o Error),
}

/// The scheme that a token came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenScheme {
    /// The scheme `Bearer`, or a place without a scheme, such as a cookie.
    Bearer,
    /// The scheme `DPoP` (RFC 9449 §7.1).
    Dpop,
}

impl RequestEvent<'_> {
    /// Returns why the request was rejected. `None` if it was not.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match self.outcome {
            RequestOutcome::Rejected(error) => Some(error),
            RequestOutcome::Accepted | RequestOutcome::Passed => None,
        }
    }

    /// Returns why the request was rejected, as a value for labels: the
    /// [name](ErrorKind::name) of the error's kind, `custom` for a kind of your own, or `none`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.outcome {
            RequestOutcome::Rejected(error) => reason_of(error.kind()),
            RequestOutcome::Accepted | RequestOutcome::Passed => "none",
        }
    }

    /// Returns the name of the scheme, as a value for labels: `bearer`, `dpop` or `none`.
    #[must_use]
    pub const fn scheme_name(&self) -> &'static str {
        match self.scheme {
            Some(TokenScheme::Bearer) => "bearer",
            Some(TokenScheme::Dpop) => "dpop",
            None => "none",
        }
    }
}

impl RequestOutcome<'_> {
    /// Returns the name, as a value for labels: `accepted`, `passed` or `rejected`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Passed => "passed",
            Self::Rejected(_) => "rejected",
        }
    }
}

/// Returns a value for labels: a program may have any number of kinds of its own.
pub(super) const fn reason_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Custom(_) => "custom",
        kind => kind.name(),
    }
}
