//! Errors of the user's own checks.

use std::error::Error as StdError;
use std::sync::Arc;

use super::{Error, ErrorClass, ErrorKind, RETRY_AFTER};
use crate::config_error::ConfigError;

const MAX_NAME_LEN: usize = 64;
const MAX_DESCRIPTION_LEN: usize = 200;

impl Error {
    /// Returns an error of your own, for a [`TokenCheck`](crate::TokenCheck). Create it once, and
    /// clone it for each request.
    ///
    /// [`kind`](Self::kind) is [`ErrorKind::Custom`] with `name`, which is logged, and which
    /// `DetailedStatus` (feature `tonic`) sends to gRPC callers in upper case as the reason.
    /// `description` is shown to the caller: in the challenge, which
    /// [`Unavailable`](ErrorClass::Unavailable) does not have, as `grpc-message`, or in
    /// [`ProblemDetails`](crate::ProblemDetails), which show the name, too, if a
    /// [`type_prefix`](crate::ProblemDetails::type_prefix) is set.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if `name` is not 1 to 64 lower
    /// case letters, digits and underscores, or `description` is not 1 to 200 printable ASCII
    /// characters other than `"`, `\` (RFC 6750 §3) and `%` (gRPC encodes it).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Error, ErrorClass, ErrorKind};
    ///
    /// let closed =
    ///     Error::custom(ErrorClass::Forbidden, "account_closed", "the account is closed")?;
    /// assert_eq!(closed.kind(), ErrorKind::Custom("account_closed"));
    /// assert!(Error::custom(ErrorClass::Forbidden, "closed", "line\nbreak").is_err());
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn custom(
        class: ErrorClass,
        name: &'static str,
        description: &'static str,
    ) -> Result<Self, ConfigError> {
        if !is_name(name) {
            return Err(ConfigError::invalid_setting(format!(
                "name of an error is {name:?}: must be 1 to {MAX_NAME_LEN} lower case letters, \
                 digits and underscores"
            )));
        }
        if !is_description(description) {
            return Err(ConfigError::invalid_setting(format!(
                "description of error {name:?} is {description:?}: must be 1 to \
                 {MAX_DESCRIPTION_LEN} printable ASCII characters other than \", \\ and %"
            )));
        }
        Ok(Self {
            class,
            description,
            retry_after: (class == ErrorClass::Unavailable).then_some(RETRY_AFTER),
            ..Self::new(ErrorKind::Custom(name))
        })
    }

    /// Sets the cause of the error, which [`source`](StdError::source) returns. It is not shown to
    /// the caller.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }
}

fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=MAX_NAME_LEN).contains(&name.len()) && name.bytes().all(is_allowed)
}

fn is_description(description: &str) -> bool {
    let is_allowed = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'%');
    (1..=MAX_DESCRIPTION_LEN).contains(&description.len()) && description.bytes().all(is_allowed)
}
