//! The error of waiting for the store.

use std::error::Error as StdError;
use std::fmt;

/// The error of [`Revocations::stored`](crate::Revocations::stored) and
/// [`Revocations::loaded`](crate::Revocations::loaded): the store did not respond in time, or there
/// is no tokio runtime.
///
/// Displays what failed, and the last error of the store. Contains nothing of a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationsUnavailable {
    what: &'static str,
    last_error: Option<String>,
}

impl RevocationsUnavailable {
    pub(super) const fn not_stored(last_error: Option<String>) -> Self {
        Self {
            what: "the revocations are not in the store yet",
            last_error,
        }
    }

    pub(super) const fn not_loaded(last_error: Option<String>) -> Self {
        Self {
            what: "the revocations are not loaded from the store yet",
            last_error,
        }
    }

    pub(super) const fn no_runtime() -> Self {
        Self {
            what: "the store of revocations needs a tokio runtime",
            last_error: None,
        }
    }
}

impl fmt::Display for RevocationsUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        match &self.last_error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

impl StdError for RevocationsUnavailable {}
