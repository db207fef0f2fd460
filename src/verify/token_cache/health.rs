//! The state of the cache, for health checks and dashboards.

use serde::Serialize;

/// The state of the cache of verified tokens, as
/// [`Authenticator::token_cache_health`](crate::Authenticator::token_cache_health) returns it.
///
/// Serializes as JSON.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct TokenCacheHealth {
    /// The number of cached tokens, including some that have expired and are not removed yet.
    pub entries: usize,
    /// The bytes that they count as: see
    /// [`TokenCacheSettings::max_bytes`](crate::TokenCacheSettings::max_bytes).
    pub bytes: usize,
}
