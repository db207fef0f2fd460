//! Errors in the command line, and in what it names.

use std::error::Error as _;
use std::fmt;

use tower_jwt_auth::{ConfigError, ConfigErrorKind};

/// An error in the command line, or in a file that it names, for the user.
#[derive(Debug)]
pub(crate) struct UsageError {
    message: String,
    is_about_file: bool,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_about_file: false,
        }
    }

    /// Returns the error of a layer that can't be built with these options.
    pub(crate) fn with_options(options: &impl fmt::Display, error: &ConfigError) -> Self {
        Self {
            message: format!("{options}: {}", with_sources(error)),
            is_about_file: matches!(
                error.kind(),
                ConfigErrorKind::UnusableFile | ConfigErrorKind::WeakSecret
            ),
        }
    }

    /// Returns whether the list of options helps.
    pub(crate) fn is_about_options(&self) -> bool {
        !self.is_about_file
    }
}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self::new(error.to_string())
    }
}

// An argument may contain control characters: replaced, they can't break the line or forge another.
impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message.replace(char::is_control, "?"))
    }
}

/// Returns an error and its sources, separated by colons.
pub(crate) fn with_sources(error: &ConfigError) -> String {
    let sources = std::iter::successors(error.source(), |cause| (**cause).source());
    sources.fold(error.to_string(), |message, cause| {
        format!("{message}: {cause}")
    })
}
