//! What an outage of Redis means.

use crate::MemoryReplayStore;

/// What becomes of a request with a token or DPoP proof that may be used once, while Redis gives no
/// response that can be used: it can't be reached, is slow, full, read-only, or rejects the
/// credentials.
///
/// There is no default, and no way to let such a request through unchecked.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{ConfigError, MemoryReplayStore, OnRedisOutage};
///
/// # fn choose() -> Result<(), ConfigError> {
/// let in_memory = OnRedisOutage::Memory(MemoryReplayStore::new(100_000)?);
/// # drop(in_memory);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OnRedisOutage {
    /// Rejects the request with 503 and `Retry-After`
    /// ([`CheckUnavailable`](crate::ErrorKind::CheckUnavailable)). Recommended.
    Reject,
    /// Lets this instance's memory decide: each instance accepts a token or proof once, until Redis
    /// responds again.
    ///
    /// The store has all uses that this instance has seen, also before the outage: choose its size
    /// for that. When it is full, Redis alone decides, and in an outage the request gets 503. With
    /// [`WhenFull::Evict`](crate::WhenFull::Evict), a token can then be accepted.
    Memory(MemoryReplayStore),
}

impl OnRedisOutage {
    /// Returns what an event says.
    pub(super) const fn text(&self) -> &'static str {
        match self {
            Self::Reject => "requests get 503",
            Self::Memory(_) => "each instance accepts a token or proof once",
        }
    }
}
