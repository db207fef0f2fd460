//! The state of a store, for health checks and dashboards.

use serde::Serialize;

use super::failure::Failure;
use super::link::Link;

/// The state of a [`RedisReplayStore`](crate::RedisReplayStore), as
/// [`health`](crate::RedisReplayStore::health) returns it.
///
/// Contains no password and no text of the server. Serializes as JSON. The numbers are those of one
/// store and its clones since it was built.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::RedisReplayStore;
///
/// fn replays(store: &RedisReplayStore) -> String {
///     let health = store.health();
///     match health.last_failure {
///         Some(reason) if !health.available => format!("degraded: {reason}"),
///         _ => "ok".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RedisHealth {
    /// Whether Redis is asked. False after five operations in a row have failed, until one
    /// succeeds. True before the first.
    pub available: bool,
    /// Why the last operation that was sent to Redis failed. `None` if it got a response that
    /// counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<&'static str>,
    /// The server's `maxmemory-policy`. With another one than `noeviction`, it evicts used tokens
    /// and proofs when its memory is full. `None` before a connection is open, and if the server
    /// does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eviction_policy: Option<&'static str>,
    /// The number of operations to which Redis has responded.
    pub answered: u64,
    /// The number of operations that were sent, or needed a connection, and got no response that
    /// counts.
    pub failed: u64,
    /// The number of operations that were not sent, because those before them had failed.
    pub skipped: u64,
    /// The number of operations to which this instance's memory has responded in place of Redis
    /// ([`OnRedisOutage::Memory`](crate::OnRedisOutage::Memory)).
    pub answered_by_memory: u64,
}

impl RedisHealth {
    pub(super) fn of(link: &Link) -> Self {
        let counters = &link.counters;
        Self {
            available: link.is_available(),
            last_failure: counters.last_failure().map(Failure::reason),
            eviction_policy: link.eviction.policy(),
            answered: counters.answered(),
            failed: counters.failed(),
            skipped: counters.skipped(),
            answered_by_memory: counters.answered_by_memory(),
        }
    }
}
