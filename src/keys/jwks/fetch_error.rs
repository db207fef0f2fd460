//! Errors of fetches.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use crate::config_error::{ConfigError, ConfigErrorKind};

/// The reason why a fetch failed, or why a request could not wait for one.
#[derive(Debug)]
pub(super) enum FetchError {
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
    Unusable(ConfigError),
    /// The metadata is not valid for the configured issuer. The text ends a sentence that starts
    /// with "the issuer's metadata".
    Metadata(&'static str),
    /// There is no runtime to fetch on, or it was shut down.
    NoRuntime,
    /// `max_waiters` requests wait already.
    TooManyWaiters,
}

impl FetchError {
    /// Returns whether the issuer has sent a JWK set without a usable key, as opposed to no JWK
    /// set.
    pub(super) fn is_empty_set(&self) -> bool {
        matches!(self, Self::Unusable(error) if error.kind() == ConfigErrorKind::NoKeys)
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(_) => f.write_str("the issuer could not be reached"),
            Self::Status(status, _) => {
                write!(f, "the issuer answered with status {}", status.as_u16())
            }
            Self::Redirected => {
                f.write_str("the HTTP client followed a redirect, which could lead to other keys")
            }
            Self::TooLarge => f.write_str("the issuer's response exceeds max_body_len"),
            Self::TimedOut => f.write_str("the issuer did not answer in time"),
            Self::Panicked => f.write_str("the HTTP client panicked"),
            Self::Unusable(error) => write!(f, "the issuer's response is not usable: {error}"),
            Self::Metadata(reason) => write!(f, "the issuer's metadata {reason}"),
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
