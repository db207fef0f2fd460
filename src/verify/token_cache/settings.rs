//! The settings of the token cache.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config_error::ConfigError;

/// The maximum is beyond the memory of any machine. It keeps the size of the table from
/// overflowing.
const ENTRIES: RangeInclusive<usize> = 1..=100_000_000;

/// Room for two sets of the table, so that a token of the usual size fits.
const MIN_BYTES: usize = 64 * 1024;

/// Settings of the cache of verified tokens: see
/// [`JwtAuthBuilder::token_cache`](crate::JwtAuthBuilder::token_cache).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, TokenCacheSettings};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
/// JwtAuthLayer::builder(issuer)
///     .token_cache(TokenCacheSettings::default().max_ttl(Duration::from_secs(60)))
///     .build()
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
#[expect(
    clippy::struct_field_names,
    reason = "fields are named as their setters, and all are maxima"
)]
pub struct TokenCacheSettings {
    pub(super) max_entries: usize,
    pub(super) max_bytes: usize,
    pub(super) max_ttl: Duration,
}

impl Default for TokenCacheSettings {
    fn default() -> Self {
        Self {
            max_entries: 10_000,
            max_bytes: 32 * 1024 * 1024,
            max_ttl: Duration::from_secs(5 * 60),
        }
    }
}

impl TokenCacheSettings {
    /// Sets the maximum number of cached tokens. Default: 10,000. Allowed: 1 to 100,000,000.
    ///
    /// A number above 16 is rounded down to a multiple of 16. Fewer tokens are cached if
    /// [`max_bytes`](Self::max_bytes) is less than 32 KiB for each 16 of them. The cache allocates
    /// 50 bytes for each of them when it is built.
    pub const fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// Sets the maximum memory of the cached tokens, in bytes. Default: 32 MiB, enough for 4,000
    /// tokens of 1.2 KB, or for 2,000 of 5.4 KB, as they are with ML-DSA-65. Minimum: 64 KiB.
    ///
    /// A token counts as twice the length of its text and of its claims' JSON, plus 400 bytes, plus
    /// the elements of `aud` and `scope`, plus the values of [`JsonClaims`](crate::JsonClaims) at
    /// their largest, also before one is read: some KB for a usual token, and up to a hundred times
    /// the JSON of small nested arrays and objects. What a type of your own needs beyond that is
    /// not counted. A token that counts as more than `16 * max_bytes / max_entries`, and as more
    /// than 32 KiB, can be too large to be cached.
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets how long a token is accepted before its signature is checked again. More than zero.
    /// Default: 5 minutes.
    ///
    /// After that, or when the issuer's key set has changed, the cached result is not used, but
    /// stays in memory until another one takes its place.
    pub const fn max_ttl(mut self, ttl: Duration) -> Self {
        self.max_ttl = ttl;
        self
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let (entries, bytes, ttl) = (self.max_entries, self.max_bytes, self.max_ttl);
        let invalid = |message| Err(ConfigError::invalid_setting(message));
        if !ENTRIES.contains(&entries) {
            let (min, max) = (ENTRIES.start(), ENTRIES.end());
            return invalid(format!(
                "token_cache max_entries is {entries}: must be between {min} and {max}"
            ));
        }
        if bytes < MIN_BYTES {
            return invalid(format!(
                "token_cache max_bytes is {bytes}: must be at least {MIN_BYTES} bytes"
            ));
        }
        if ttl.is_zero() {
            return invalid(format!(
                "token_cache max_ttl is {ttl:?}: must be more than zero"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_error::ConfigErrorKind;

    #[test]
    fn an_error_names_the_setting_its_value_and_what_is_allowed() {
        let settings = TokenCacheSettings::default;
        let cases = [
            (
                settings().max_entries(0),
                "token_cache max_entries is 0: must be between 1 and 100000000",
            ),
            (
                settings().max_bytes(65_535),
                "token_cache max_bytes is 65535: must be at least 65536 bytes",
            ),
            (
                settings().max_ttl(Duration::ZERO),
                "token_cache max_ttl is 0ns: must be more than zero",
            ),
        ];
        for (settings, expected) in cases {
            let error = settings.validate().unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let lowest = TokenCacheSettings::default()
            .max_entries(1)
            .max_bytes(MIN_BYTES)
            .max_ttl(Duration::from_nanos(1));
        let highest = TokenCacheSettings::default()
            .max_entries(*ENTRIES.end())
            .max_bytes(usize::MAX)
            .max_ttl(Duration::MAX);
        assert!(lowest.validate().is_ok() && highest.validate().is_ok());
    }
}
