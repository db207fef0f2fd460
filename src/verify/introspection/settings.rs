//! The settings of introspection.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::Issuer;
use crate::config_error::ConfigError;

/// The cap of cached responses. A token that the issuer revokes is accepted for that long.
const MAX_TTL: Duration = Duration::from_secs(60);
const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(10);
const MAX_STALE: Duration = Duration::from_secs(60 * 60);
const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(60);
const BODY_LEN: RangeInclusive<usize> = 1024..=16 * 1024 * 1024;
const QUESTIONS: RangeInclusive<usize> = 1..=10_000;
const MAX_QUEUED: usize = 100_000;
const MIN_CACHE_BYTES: usize = 64 * 1024;
/// Beyond any token.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Settings of [`Issuer::introspection`](crate::Issuer::introspection): which tokens the issuer is
/// asked about, how long its responses are cached, and what limits the questions.
///
/// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if a
/// value is out of its range.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{IntrospectionCredentials, IntrospectionSettings, Issuer};
///
/// # fn example(secret: &str) -> Issuer {
/// let settings = IntrospectionSettings::default()
///     .token_prefix("ory_at_")
///     .max_ttl(Duration::from_secs(10));
/// let credentials = IntrospectionCredentials::client_secret_basic("orders-api", secret);
/// Issuer::introspection(
///     "https://login.example.com",
///     "https://login.example.com/oauth2/introspect",
///     credentials,
///     "https://api.example.com",
/// )
/// .introspection_settings(settings)
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct IntrospectionSettings {
    pub(super) are_all: bool,
    pub(super) token_prefix: Option<String>,
    pub(super) token_len: RangeInclusive<usize>,
    pub(super) default_lifetime: Option<Duration>,
    pub(super) allow_missing_audience: bool,
    pub(super) signed_responses: Option<Box<Issuer>>,
    pub(super) max_ttl: Duration,
    pub(super) max_negative_ttl: Duration,
    pub(super) max_cache_bytes: usize,
    pub(super) stale_if_error: Duration,
    pub(super) timeout: Duration,
    pub(super) max_body_len: usize,
    pub(super) max_concurrent: usize,
    pub(super) max_queued: usize,
}

impl Default for IntrospectionSettings {
    fn default() -> Self {
        Self {
            are_all: false,
            token_prefix: None,
            token_len: 1..=usize::MAX,
            default_lifetime: None,
            allow_missing_audience: false,
            signed_responses: None,
            max_ttl: MAX_TTL,
            max_negative_ttl: MAX_NEGATIVE_TTL,
            max_cache_bytes: 16 * 1024 * 1024,
            stale_if_error: Duration::ZERO,
            timeout: Duration::from_secs(5),
            max_body_len: 1024 * 1024,
            max_concurrent: 100,
            max_queued: 1000,
        }
    }
}

/// Which tokens are introspected.
impl IntrospectionSettings {
    /// Introspects all tokens of the issuer, also those that have the form of a JWT. Default: only
    /// opaque tokens, which have another form than three parts of base64url separated by dots; a
    /// JWT that names the issuer is rejected.
    ///
    /// A token in the form of a JWT is the issuer's if its `iss` names it, if it starts with the
    /// [`token_prefix`](Self::token_prefix), or if the layer has no other issuer. It is then not
    /// verified with any key. Its `typ` must be one of an access token, as
    /// [`token_types`](crate::JwtAuthBuilder::token_types) says.
    pub const fn introspect_jwts(mut self) -> Self {
        self.are_all = true;
        self
    }

    /// Sets what the issuer's opaque tokens start with, such as `ory_at_`. Others are rejected
    /// without a question. Default: nothing, so all opaque tokens are this issuer's.
    ///
    /// Required for all but one of several introspected issuers of a layer, and none of their
    /// prefixes may start with another: the token's form alone says which of them is asked, and no
    /// issuer sees the tokens of another.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// it is empty, or has a character that no token has (RFC 6750 §2.1).
    pub fn token_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.token_prefix = Some(prefix.into());
        self
    }

    /// Sets the lengths in bytes that the issuer's tokens have, with the prefix. Others are
    /// rejected without a question, which bounds a flood of made-up tokens. Default: any, up to
    /// [`max_token_len`](crate::JwtAuthBuilder::max_token_len).
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// the range is empty or starts with 0.
    pub const fn token_len(mut self, len: RangeInclusive<usize>) -> Self {
        self.token_len = len;
        self
    }
}

/// What a response must contain.
impl IntrospectionSettings {
    /// Accepts responses without `exp`, and sets how long their tokens are valid from the question
    /// on: more than zero, at most 30 days. Default: they are rejected, as
    /// [`MissingClaim`](crate::ErrorKind::MissingClaim).
    ///
    /// [`Claims::expires_at`](crate::Claims::expires_at) returns that time, so that streams end
    /// ([`until_expiry`](crate::until_expiry())); a later request asks again. It is also how long a
    /// single-use token counts as used.
    pub const fn default_lifetime(mut self, lifetime: Duration) -> Self {
        self.default_lifetime = Some(lifetime);
        self
    }

    /// Accepts responses without `aud`. Default: they are rejected, as
    /// [`MissingClaim`](crate::ErrorKind::MissingClaim), unless the [`Audience`](crate::Audience)
    /// compares something else.
    ///
    /// Only for an issuer that responds with `active` to no service but those that the token is
    /// for. Most issuers respond so to every service: then each service that receives the token can
    /// use it at the others. If `aud` is present, it is compared.
    pub const fn allow_missing_audience(mut self) -> Self {
        self.allow_missing_audience = true;
        self
    }

    /// Requires signed responses (RFC 9701), and sets whose keys verify them. Default: JSON, which
    /// TLS protects.
    ///
    /// `signer` is the same issuer with its keys, such as [`Issuer::discovery`], and with the id of
    /// this client as its audience. A response must have the type
    /// `application/token-introspection+jwt`, the header `typ` `token-introspection+jwt`, a valid
    /// signature, that `iss` and `aud`, and an `iat` of the last 5 minutes and the leeway. `exp`
    /// may be absent.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// the signer has another name, tenants, or no keys, and as the signer's own constructor says.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{IntrospectionSettings, Issuer};
    ///
    /// let signer = Issuer::discovery("https://login.example.com", "orders-api");
    /// let settings = IntrospectionSettings::default().signed_responses(signer);
    /// ```
    pub fn signed_responses(mut self, signer: Issuer) -> Self {
        self.signed_responses = Some(Box::new(signer));
        self
    }
}

/// How responses are cached.
impl IntrospectionSettings {
    /// Sets how long a response that a token is active is cached. Default: 60 s, which is the
    /// maximum. 0 caches no response at all.
    ///
    /// Never longer than until the response's `exp`. A token that the issuer revokes meanwhile is
    /// accepted for that long. Times, audience, binding, revocation and scopes are checked at every
    /// use.
    pub const fn max_ttl(mut self, ttl: Duration) -> Self {
        self.max_ttl = ttl;
        self
    }

    /// Sets how long a response that a token is not active is cached. Default: 10 s, which is the
    /// maximum. Never longer than [`max_ttl`](Self::max_ttl). 0 caches none.
    ///
    /// At most 10,000 of these are cached: a flood of made-up tokens gains nothing from them.
    pub const fn max_negative_ttl(mut self, ttl: Duration) -> Self {
        self.max_negative_ttl = ttl;
        self
    }

    /// Sets the maximum memory of cached responses, in bytes. Default: 16 MiB. Minimum: 64 KiB. A
    /// response counts as its length plus 300 bytes.
    pub const fn max_cache_bytes(mut self, bytes: usize) -> Self {
        self.max_cache_bytes = bytes;
        self
    }

    /// Sets how long a cached response that a token is active may still be used after its
    /// [`max_ttl`](Self::max_ttl), while the issuer can't be asked. Default: 0: requests get 503.
    /// Maximum: 1 hour, and never beyond `exp`. Requires a `max_ttl` above 0.
    ///
    /// Note: during an outage, a token that was revoked is accepted for that long.
    pub const fn stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = time;
        self
    }
}

/// What limits the questions.
impl IntrospectionSettings {
    /// Sets how long a request may wait for a response, and how long the issuer may take. Then the
    /// request gets 503. Default: 5 s. Allowed: 100 ms to 60 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum length of a response in bytes. Default: 1 MiB. Allowed: 1 KiB to 16 MiB.
    pub const fn max_body_len(mut self, bytes: usize) -> Self {
        self.max_body_len = bytes;
        self
    }

    /// Sets the maximum number of questions that the issuer is asked at a time. Default: 100.
    /// Allowed: 1 to 10,000.
    pub const fn max_concurrent(mut self, questions: usize) -> Self {
        self.max_concurrent = questions;
        self
    }

    /// Sets the maximum number of questions that wait for others to end. Requests with further
    /// tokens get 503 at once. Default: 1,000. Allowed: 0 to 100,000.
    pub const fn max_queued(mut self, questions: usize) -> Self {
        self.max_queued = questions;
        self
    }

    pub(in crate::verify) const fn allows_missing_audience(&self) -> bool {
        self.allow_missing_audience
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let problem = if self.token_prefix.as_deref().is_some_and(is_no_prefix) {
            format!(
                "token_prefix is {:?}: must be the start of a token",
                self.token_prefix.as_deref().unwrap_or_default()
            )
        } else if *self.token_len.start() == 0 || self.token_len.is_empty() {
            format!(
                "token_len is {:?}: must have a length, and not 0",
                self.token_len
            )
        } else if self
            .default_lifetime
            .is_some_and(|time| time.is_zero() || time > MAX_LIFETIME)
        {
            format!(
                "default_lifetime is {:?}: must be more than zero and at most 30 days",
                self.default_lifetime.unwrap_or_default()
            )
        } else if self.max_ttl > MAX_TTL {
            format!("max_ttl is {:?}: must be at most 60 s", self.max_ttl)
        } else if self.max_negative_ttl > MAX_NEGATIVE_TTL {
            format!(
                "max_negative_ttl is {:?}: must be at most 10 s",
                self.max_negative_ttl
            )
        } else if self.stale_if_error > MAX_STALE {
            format!(
                "stale_if_error is {:?}: must be at most 1 hour",
                self.stale_if_error
            )
        } else if !self.stale_if_error.is_zero() && self.max_ttl.is_zero() {
            "stale_if_error has no effect, as max_ttl is 0: remove one".to_owned()
        } else if self.max_cache_bytes < MIN_CACHE_BYTES {
            format!(
                "max_cache_bytes is {}: must be at least 65536",
                self.max_cache_bytes
            )
        } else if !TIMEOUT.contains(&self.timeout) {
            format!(
                "timeout is {:?}: must be between 100 ms and 60 s",
                self.timeout
            )
        } else if !BODY_LEN.contains(&self.max_body_len) {
            format!(
                "max_body_len is {}: must be between 1 KiB and 16 MiB",
                self.max_body_len
            )
        } else if !QUESTIONS.contains(&self.max_concurrent) {
            format!(
                "max_concurrent is {}: must be between 1 and 10000",
                self.max_concurrent
            )
        } else if self.max_queued > MAX_QUEUED {
            format!(
                "max_queued is {}: must be at most {MAX_QUEUED}",
                self.max_queued
            )
        } else {
            return Ok(());
        };
        Err(ConfigError::invalid_setting(format!(
            "introspection_settings {problem}"
        )))
    }
}

fn is_no_prefix(prefix: &str) -> bool {
    super::token_form::token68(prefix.as_bytes()).is_none() || prefix.contains('=')
}
