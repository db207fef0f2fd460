//! Errors of the configuration, found before the first request.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The kind of a [`ConfigError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A URL can't be parsed, or has a part that it must not have. Or an issuer's name is the URL
    /// of its metadata.
    InvalidUrl,
    /// A URL that keys are fetched from is not `https`. `http` is allowed on loopback, and on hosts
    /// of [`allowed_http_hosts`](crate::JwksCacheSettings::allowed_http_hosts).
    InsecureUrl,
    /// The issuer is empty.
    EmptyIssuer,
    /// An audience is empty, or an issuer has none.
    EmptyAudience,
    /// The same issuer is configured twice.
    DuplicateIssuer,
    /// A secret is shorter than the output of its hash (RFC 7518 §3.2), is not random, or is a key:
    /// see [`Key::from_secret`](crate::Key::from_secret).
    WeakSecret,
    /// Two issuers have the same secret, so that each could sign the other's tokens. Or one issuer
    /// has the same secret for two algorithms.
    SharedSecret,
    /// A key can't be parsed, is too weak, or is private.
    UnusableKey,
    /// A file with a secret or with keys can't be read, is no regular file, or can be written to by
    /// other users. Or an environment variable with a secret is not set.
    UnusableFile,
    /// A key set has no usable key.
    NoKeys,
    /// None of the allowed algorithms is one that the keys support.
    NoAlgorithms,
    /// A setting is out of its range, or contradicts another one.
    InvalidSetting,
    /// Keys are fetched and no HTTP client is set, and the features `reqwest` and
    /// `reqwest-no-provider` are off; or feature `reqwest-no-provider` is on and the program has
    /// installed no provider of cryptography for rustls.
    NoHttpClient,
    /// The keys could not be fetched before serving.
    KeysUnavailable,
}

/// A configuration that is unsafe or can't work.
///
/// Displays as a text that names what is wrong and, where possible, the setting, its value and what
/// would be right. Contains no secret.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Algorithm, ConfigErrorKind, Key};
///
/// let error = Key::from_secret(Algorithm::HS256, b"too short").unwrap_err();
/// assert_eq!(error.kind(), ConfigErrorKind::WeakSecret);
/// assert_eq!(
///     error.to_string(),
///     "the secret for HS256 is shorter than 32 bytes: use at least that many random bytes"
/// );
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

    /// Returns an error of kind [`ConfigErrorKind::InvalidSetting`]. The message is to name the
    /// setting, its value if there is one to show, and what would be right.
    pub(crate) fn invalid_setting(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ConfigErrorKind::InvalidSetting, message)
    }

    /// Sets the cause.
    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// Returns the kind of the error.
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
