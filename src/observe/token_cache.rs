//! What happens in the cache of verified tokens.

/// What has happened in the cache of verified tokens: see
/// [`Observe::token_cache`](crate::Observe::token_cache).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenCacheEvent {
    /// The token of a request was cached.
    Hit,
    /// The token of a request was not cached, or its cached result was no longer valid. The token
    /// may be forged. Reported at most once for each request, and only for JWTs that are not
    /// introspected.
    Miss,
    /// A verified token was not cached: it is too large, or its slots hold tokens that are in use.
    Skipped,
    /// A cached token that had not expired was removed to make room for another.
    Evicted,
}

impl TokenCacheEvent {
    /// Returns the name, as a value for labels: `hit`, `miss`, `skipped` or `evicted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Skipped => "skipped",
            Self::Evicted => "evicted",
        }
    }
}
