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
    /// A token that was verified after a miss was not cached: it is too large, or the places where
    /// it could be cached have others in use.
    Skipped,
    /// A cached token that had not expired was removed to make room for another.
    Evicted,
}
