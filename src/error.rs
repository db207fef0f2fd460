//! Why a token was refused. Knows nothing of HTTP: which status an error becomes is decided where responses are made.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What is wrong, coarsely enough to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no token.
    MissingToken,
    /// The request carries credentials twice (RFC 6750 §2).
    InvalidRequest,
    /// Not a signed JWT in compact form (RFC 7515 §7.1), or not one that may be read.
    MalformedToken,
    /// The token is longer than allowed.
    TokenTooLarge,
    /// The header asks for something that is not understood: `crit`, `b64`, `zip` (RFC 7515 §4.1.11).
    UnsupportedHeader,
    /// The algorithm is not allowed here (RFC 8725 §3.1).
    AlgorithmNotAllowed,
    /// The header's `typ` is not that of an access token (RFC 8725 §3.11, RFC 9068 §4).
    WrongTokenType,
    /// `iss` is not a configured issuer (RFC 8725 §3.8).
    UnknownIssuer,
    /// The issuer publishes no key that fits.
    UnknownKey,
    /// The signature is not that of the issuer's key.
    InvalidSignature,
    /// A claim that is required is absent.
    MissingClaim,
    /// A claim has the wrong JSON type, or a value that it can't have.
    InvalidClaim,
    /// `aud` names somebody else (RFC 7519 §4.1.3).
    WrongAudience,
    /// `exp` has passed (RFC 7519 §4.1.4).
    Expired,
    /// `nbf` or `iat` lies in the future (RFC 7519 §4.1.5).
    NotYetValid,
    /// The application says that the token was revoked.
    Revoked,
    /// A single-use token was used again (RFC 7519 §4.1.7).
    Replayed,
    /// The token is good but doesn't reach this far (RFC 6750 §3.1).
    InsufficientScope,
    /// The issuer's keys can't be had, so nothing is known of the token.
    KeysUnavailable,
}

impl ErrorKind {
    /// One sentence that is safe to show to the caller: nothing of the token, nothing internal.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::MissingToken => "no access token was given",
            Self::InvalidRequest => "credentials were given more than once",
            Self::MalformedToken => "the access token is malformed",
            Self::TokenTooLarge => "the access token is too long",
            Self::UnsupportedHeader => "the access token's header asks for an unsupported feature",
            Self::AlgorithmNotAllowed => "the access token's algorithm is not allowed",
            Self::WrongTokenType => "the token is not an access token",
            Self::UnknownIssuer => "the access token's issuer is not trusted",
            Self::UnknownKey => "the access token's key is not known",
            Self::InvalidSignature => "the access token's signature is invalid",
            Self::MissingClaim => "the access token lacks a required claim",
            Self::InvalidClaim => "a claim of the access token is invalid",
            Self::WrongAudience => "the access token is meant for another audience",
            Self::Expired => "the access token has expired",
            Self::NotYetValid => "the access token is not yet valid",
            Self::Revoked => "the access token was revoked",
            Self::Replayed => "the access token was used before",
            Self::InsufficientScope => "the access token does not grant what the request needs",
            Self::KeysUnavailable => "the issuer's keys are temporarily unavailable",
        }
    }
}

/// A refusal. Cheap to clone; holds nothing of the token.
///
/// ```
/// # fn log(error: &tower_jwt_auth::Error) {
/// use tower_jwt_auth::ErrorKind;
///
/// match error.kind() {
///     ErrorKind::Expired => println!("ask for a new token"),
///     ErrorKind::MissingClaim => println!("{error}: {}", error.claim().unwrap_or_default()),
///     _ => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    claim: Option<&'static str>,
    scope: Option<Arc<str>>,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            claim: None,
            scope: None,
            retry_after: None,
            source: None,
        }
    }

    pub(crate) fn claim_of(kind: ErrorKind, claim: &'static str) -> Self {
        Self {
            claim: Some(claim),
            ..Self::new(kind)
        }
    }

    pub(crate) fn insufficient_scope(required: Option<Arc<str>>) -> Self {
        Self {
            scope: required,
            ..Self::new(ErrorKind::InsufficientScope)
        }
    }

    pub(crate) fn keys_unavailable(
        retry_after: Duration,
        source: Option<Arc<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            retry_after: Some(retry_after),
            source,
            ..Self::new(ErrorKind::KeysUnavailable)
        }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The name of the claim that is missing or invalid.
    #[must_use]
    pub const fn claim(&self) -> Option<&'static str> {
        self.claim
    }

    /// The scopes that would have been enough, space-separated as in RFC 6750 §3 (with
    /// [`ErrorKind::InsufficientScope`]).
    #[must_use]
    pub fn required_scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// When to try again (with [`ErrorKind::KeysUnavailable`]).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.description())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| -> &(dyn StdError + 'static) { source })
    }
}
