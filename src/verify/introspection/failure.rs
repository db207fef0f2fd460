//! Why an issuer could not be asked about a token.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::error::{Error, RETRY_AFTER};
use crate::keys::jwks::FetchError;

/// The maximum time that a caller is told to wait. A longer one is the issuer's, which may be
/// wrong.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Why a question has no answer. Contains nothing of the token, the credentials or the answer.
#[derive(Debug)]
pub(super) enum IntrospectionError {
    /// The issuer's metadata, which has the URL of the endpoint, could not be fetched.
    Locate(FetchError),
    /// The request failed, or the response has another status than 200.
    Fetch(FetchError),
    /// The issuer rejects the credentials of this service (401 or 403), or this token.
    Denied(StatusCode),
    /// The response is not one JSON object.
    NotAnAnswer,
    /// Signed responses are required, and it is not signed; or the reverse.
    WrongMediaType,
    /// The signed response is not valid, for this reason.
    InvalidSignedResponse(&'static str),
    /// The client's assertion could not be signed.
    NotSigned(Box<dyn StdError + Send + Sync>),
    /// The circuit is open.
    CircuitOpen,
    /// Too many questions wait, or this one did for too long.
    TooMany,
}

/// The same, for each of the requests that have waited.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    retry_after: Duration,
    error: Arc<IntrospectionError>,
}

impl IntrospectionError {
    /// Returns whether it shows that the issuer can't answer, whatever the token. Other responses may
    /// be about this token, which its caller has chosen: some issuers answer with 500 about a token
    /// that they can't read, and a firewall before them with 403. If these counted, made-up tokens
    /// would stop the questions about all others.
    pub(super) fn shows_outage(&self) -> bool {
        match self {
            Self::Fetch(FetchError::Status(status, _)) => matches!(
                *status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            Self::Fetch(FetchError::TooLarge | FetchError::Redirected | FetchError::Encoded(_))
            | Self::Denied(_)
            | Self::NotAnAnswer
            | Self::WrongMediaType
            | Self::InvalidSignedResponse(_)
            | Self::CircuitOpen
            | Self::TooMany => false,
            Self::Locate(_) | Self::Fetch(_) | Self::NotSigned(_) => true,
        }
    }

    /// Returns the delay that the issuer asks for with `Retry-After`.
    pub(super) fn retry_after(&self) -> Duration {
        match self {
            Self::Locate(error) | Self::Fetch(error) => error.retry_after().min(MAX_RETRY_AFTER),
            _ => Duration::ZERO,
        }
    }
}

impl Failure {
    pub(super) fn new(error: IntrospectionError) -> Self {
        let retry_after = error.retry_after().max(RETRY_AFTER);
        Self::retry_after(error, retry_after)
    }

    pub(super) fn retry_after(error: IntrospectionError, retry_after: Duration) -> Self {
        Self {
            retry_after,
            error: Arc::new(error),
        }
    }

    pub(super) fn into_error(self) -> Error {
        Error::introspection_unavailable(self.retry_after, self.error)
    }
}

impl fmt::Display for IntrospectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locate(error) | Self::Fetch(error) => error.fmt(f),
            Self::Denied(status) => write!(
                f,
                "the introspection endpoint rejects this service's credentials, or this token, with \
                 status {}",
                status.as_u16()
            ),
            Self::NotAnAnswer => {
                f.write_str("the introspection endpoint's response is not one JSON object")
            }
            Self::WrongMediaType => f.write_str(
                "the introspection endpoint's response is not signed \
                 (application/token-introspection+jwt), though signed_responses is set",
            ),
            Self::InvalidSignedResponse(reason) => {
                write!(
                    f,
                    "the introspection endpoint's signed response is invalid: {reason}"
                )
            }
            Self::NotSigned(_) => f.write_str("the client assertion could not be signed"),
            Self::CircuitOpen => f.write_str(
                "the introspection endpoint has failed repeatedly and is not asked for a while",
            ),
            Self::TooMany => f.write_str("too many tokens wait to be introspected"),
        }
    }
}

impl StdError for IntrospectionError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Locate(error) | Self::Fetch(error) => error.source(),
            Self::NotSigned(error) => Some(&**error),
            _ => None,
        }
    }
}
