//! The settings of the token cache.

use std::time::Duration;

use crate::config_error::ConfigError;

/// More entries would take more memory than machines have. Also keeps sums from overflowing.
const MAX_ENTRIES: usize = 100_000_000;
/// Two of the table's sets, so that a token of the usual size fits.
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
    /// More than 16 are rounded down to a multiple of 16. There are fewer if `max_bytes` is less than
    /// 32 KiB for each 16 of them.
    pub const fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// Sets the maximum memory of the cached tokens, in bytes. Default: 32 MiB, enough for 7,000
    /// tokens of 1.2 KB. Minimum: 64 KiB.
    ///
    /// A token counts with twice its own length and that of its claims as JSON, plus 400 bytes. What
    /// a claims type needs beyond that is not counted. A token that counts more than the share of 16
    /// tokens, which is 32 KiB or more, is not cached. In addition, 50 bytes for each of
    /// `max_entries` are allocated at once.
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets how long a token is accepted without another check of its signature. Default: 5 minutes.
    ///
    /// After that, or when its key has left the set, the token stays in memory until another one takes
    /// its place.
    pub const fn max_ttl(mut self, ttl: Duration) -> Self {
        self.max_ttl = ttl;
        self
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let invalid = |message: String| Err(ConfigError::invalid_setting(message));
        if !(1..=MAX_ENTRIES).contains(&self.max_entries) {
            let entries = self.max_entries;
            return invalid(format!(
                "max_entries is {entries}: must be between 1 and {MAX_ENTRIES}"
            ));
        }
        if self.max_bytes < MIN_BYTES {
            let bytes = self.max_bytes;
            return invalid(format!(
                "max_bytes is {bytes}: must be at least {MIN_BYTES}"
            ));
        }
        if self.max_ttl.is_zero() {
            return invalid("max_ttl of the token cache is 0: must be longer".to_owned());
        }
        Ok(())
    }
}
