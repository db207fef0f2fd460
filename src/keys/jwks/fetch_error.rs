//! Errors of fetches.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::shown::{quoted, with_causes};
use crate::config_error::ConfigErrorKind;
use crate::jwk::{SkippedKey, UnusableSet};

/// The reason why a fetch failed, or why a request could not wait for one.
#[derive(Debug)]
pub(crate) enum FetchError {
    /// The client failed: no connection, a reset, TLS.
    Transport(Box<dyn StdError + Send + Sync>),
    /// The status is not 200, such as a redirect. With the value of `Retry-After`, if there is one.
    Status(StatusCode, Option<Duration>),
    /// The HTTP client has followed a redirect.
    Redirected,
    /// The body exceeds `max_body_len`.
    TooLarge,
    TimedOut,
    /// The HTTP client panicked.
    Panicked,
    /// The body is not a JWK set with a usable key.
    Unusable(UnusableSet),
    /// The body is encoded, and could not be read. With the value of `Content-Encoding`.
    Encoded(String),
    /// The document is not metadata.
    NotMetadata,
    /// The metadata is that of another issuer. With both names as they are shown: see
    /// [`FetchError::other_issuer`].
    OtherIssuer {
        configured: String,
        found: String,
        differs_by_slash: bool,
    },
    /// The metadata of the configured issuer is not valid. The text ends a sentence that starts
    /// with "the issuer's metadata".
    Metadata(&'static str),
    /// None of the URLs, here without their queries, has metadata.
    NoMetadata(Vec<(String, FetchError)>),
    /// There is no runtime to fetch on, or it was shut down.
    NoRuntime,
    /// `max_waiters` requests wait already.
    TooManyWaiters,
}

impl FetchError {
    /// Returns the error of a client, which may itself send with an
    /// [`HttpClient`](super::HttpClient).
    pub(super) fn of_client(error: Box<dyn StdError + Send + Sync>) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::Transport(error),
        }
    }

    /// Returns the error of metadata that names another issuer. What it holds of that name is cut:
    /// an error may be stored, and shown with `Debug`.
    pub(super) fn other_issuer(configured: &str, found: &str) -> Self {
        Self::OtherIssuer {
            configured: quoted(configured),
            found: quoted(found),
            differs_by_slash: found.trim_end_matches('/') == configured.trim_end_matches('/'),
        }
    }

    /// Returns whether the issuer has sent a JWK set without a usable key, as opposed to no JWK
    /// set.
    pub(super) fn is_empty_set(&self) -> bool {
        matches!(self, Self::Unusable(set) if set.error.kind() == ConfigErrorKind::NoKeys)
    }

    /// Returns the keys of a JWK set of which none is usable.
    pub(super) fn skipped(&self) -> &[SkippedKey] {
        match self {
            Self::Unusable(set) => &set.skipped,
            _ => &[],
        }
    }

    /// Returns the delay that the issuer asks for with `Retry-After`.
    pub(crate) fn retry_after(&self) -> Duration {
        match self {
            Self::Status(_, retry_after) => retry_after.unwrap_or(Duration::ZERO),
            Self::NoMetadata(attempts) => {
                let delays = attempts.iter().map(|(_, error)| error.retry_after());
                delays.max().unwrap_or(Duration::ZERO)
            }
            _ => Duration::ZERO,
        }
    }

    /// Returns whether metadata may be at another URL of the same server: it has answered, but not
    /// with the issuer's metadata. 429 and 503 say that it has no time for further requests.
    pub(super) fn may_be_elsewhere(&self) -> bool {
        match self {
            Self::Status(status, _) => !matches!(
                *status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            ),
            Self::Redirected
            | Self::TooLarge
            | Self::Encoded(_)
            | Self::NotMetadata
            | Self::OtherIssuer { .. } => true,
            _ => false,
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(_) => f.write_str("the issuer could not be reached"),
            Self::Status(status, _) => {
                write!(f, "the issuer responded with status {}", status.as_u16())
            }
            Self::Redirected => {
                f.write_str("the HTTP client followed a redirect, which could lead to other keys")
            }
            Self::TooLarge => f.write_str("the issuer's response exceeds max_body_len"),
            Self::TimedOut => f.write_str("the issuer did not respond in time"),
            Self::Panicked => f.write_str("the HTTP client panicked"),
            Self::Unusable(set) => write!(f, "the issuer's response is not usable: {}", set.error),
            Self::Encoded(encoding) => write!(
                f,
                "the issuer's response has Content-Encoding {}, though identity was asked for",
                quoted(encoding)
            ),
            Self::NotMetadata => {
                f.write_str("the issuer's metadata is not a JSON object with issuer and jwks_uri")
            }
            Self::OtherIssuer {
                configured,
                found,
                differs_by_slash,
            } => {
                write!(
                    f,
                    "the issuer's metadata names issuer {found}, and {configured} is configured"
                )?;
                if *differs_by_slash {
                    f.write_str(", which differs by a trailing slash")?;
                }
                Ok(())
            }
            Self::Metadata(reason) => write!(f, "the issuer's metadata {reason}"),
            Self::NoMetadata(attempts) => {
                f.write_str("the issuer has no usable metadata")?;
                let mut separator = ": ";
                for (url, error) in attempts {
                    write!(f, "{separator}{}: {}", quoted(url), with_causes(error))?;
                    separator = "; ";
                }
                Ok(())
            }
            Self::NoRuntime => {
                f.write_str("keys are fetched on a tokio runtime, and there is none")
            }
            Self::TooManyWaiters => {
                f.write_str("max_waiters requests already wait for the issuer's keys")
            }
        }
    }
}

impl StdError for FetchError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Transport(source) => Some(&**source),
            // The texts of the others are complete.
            _ => None,
        }
    }
}
