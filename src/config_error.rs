//! What is wrong with a configuration, found before the first request.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// What kind of mistake a [`ConfigError`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A URL can't be parsed, or is of no use here.
    InvalidUrl,
    /// Keys would travel in the clear: only `https` is allowed, except to loopback.
    InsecureUrl,
    /// The issuer is empty.
    EmptyIssuer,
    /// An audience is empty.
    EmptyAudience,
    /// The same issuer is configured twice.
    DuplicateIssuer,
    /// A secret is shorter than its hash (RFC 7518 §3.2), or repeats itself.
    WeakSecret,
    /// Two issuers share a secret, so that each could sign the other's tokens.
    SharedSecret,
    /// Key material can't be read, is too weak, or is not public where it must be.
    UnusableKey,
    /// There is no key.
    NoKeys,
    /// No algorithm is allowed, or none that a key fits.
    NoAlgorithms,
    /// Two settings exclude each other, or a value is out of its range.
    InvalidSetting,
    /// Keys must be fetched and there is no HTTP client: none was given and feature `reqwest` is off.
    NoHttpClient,
    /// The keys could not be fetched at start-up.
    KeysUnavailable,
}

/// A configuration that can't work or isn't safe. Never holds a secret.
///
/// ```
/// use tower_jwt_auth::{Algorithm, ConfigErrorKind, Key};
///
/// let error = Key::from_secret(Algorithm::HS256, b"too short").unwrap_err();
/// assert_eq!(error.kind(), ConfigErrorKind::WeakSecret);
/// ```
#[derive(Clone, Debug)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    message: Cow<'static, str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl ConfigError {
    pub(crate) fn new(kind: ConfigErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Returns an error about a setting. The message names the setting, its value, and what is right.
    pub(crate) fn invalid_setting(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ConfigErrorKind::InvalidSetting, message)
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// What kind of mistake it is.
    #[must_use]
    pub const fn kind(&self) -> ConfigErrorKind {
        self.kind
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for ConfigError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| -> &(dyn StdError + 'static) { source })
    }
}
