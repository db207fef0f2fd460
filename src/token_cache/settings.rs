//! How much is remembered, and for how long.

use std::time::Duration;

use crate::config_error::{ConfigError, ConfigErrorKind};

/// Remembers verified tokens: see [`JwtAuthBuilder::remember_tokens`](crate::JwtAuthBuilder::remember_tokens).
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, TokenCacheSettings};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// JwtAuthLayer::builder(Issuer::discover("https://login.example.com/", "https://api.example.com"))
///     .remember_tokens(TokenCacheSettings::default().longest(Duration::from_secs(60)))
///     .build()
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenCacheSettings {
    pub(super) entries: usize,
    pub(super) bytes: usize,
    pub(super) longest: Duration,
}

impl Default for TokenCacheSettings {
    fn default() -> Self {
        Self {
            entries: 10_000,
            bytes: 32 * 1024 * 1024,
            longest: Duration::from_secs(5 * 60),
        }
    }
}

impl TokenCacheSettings {
    /// The most tokens that are remembered, rounded down to a multiple of 16 where it is more; fewer where `bytes` is less
    /// than 32 KiB for each 16 of them. Default: 10,000.
    pub const fn entries(mut self, most: usize) -> Self {
        self.entries = most;
        self
    }

    /// The most memory that they may take, in bytes, at least 64 KiB. For each are counted its text and that of its
    /// claims, twice, and 400 bytes; what a type of claims needs beyond that is not counted. One that counts more
    /// than 16 may together, 32 KiB or more, is not remembered. Default: 32 MiB, enough for 7,000 tokens of 1.2 KB.
    /// Beside them, 50 bytes for each that may be remembered are taken at once.
    pub const fn bytes(mut self, most: usize) -> Self {
        self.bytes = most;
        self
    }

    /// How long a token may be used without another check. Default: 5 minutes. Then, or when its key has left the set, it
    /// stays in memory until another one takes its place.
    pub const fn longest(mut self, time: Duration) -> Self {
        self.longest = time;
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let sensible = (1..=100_000_000).contains(&self.entries)
            && self.bytes >= 64 * 1024
            && !self.longest.is_zero();
        if sensible {
            return Ok(());
        }
        Err(ConfigError::new(
            ConfigErrorKind::Contradiction,
            "the memory for verified tokens has no room or no time",
        ))
    }
}
