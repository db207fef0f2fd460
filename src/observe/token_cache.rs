//! What happens in the cache of verified tokens.

/// What has happened in the cache of verified tokens: see
/// [`Observe::token_cache`](crate::Observe::token_cache).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenCacheEvent {
    /// The token of a request was cached.
    Hit,
    /// The token of a request was not cached, or not any more valid by its cached result. It may be
    /// forged.
    Miss,
    /// A verified token was not cached: it is too large, or its slots hold tokens that are in use.
    Skipped,
    /// A cached token that had not expired was removed to make room for another.
    Evicted,
}
