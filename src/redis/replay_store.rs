//! The ids of used tokens and proofs in Redis.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::answer::was_set;
use super::builder::RedisReplayStoreBuilder;
use super::connect_error::RedisConnectError;
use super::failure::Failure;
use super::health::RedisHealth;
use super::key::Prefix;
use super::link::Link;
use super::outage::OnRedisOutage;
use crate::{
    InsertOutcome, InsertResponse, MemoryReplayStore, ReplayKey, ReplayStore, ReplayStoreFuture,
    StoreFailure,
};

/// The longest time for which an entry is stored: a thousand years, which Redis can add to its
/// clock.
const MAX_TTL_MS: u64 = 1_000 * 365 * 24 * 60 * 60 * 1_000;

/// The ids of used tokens and DPoP proofs in Redis or Valkey, for all instances of a service
/// (feature `redis`). Clones share their connection.
///
/// For [`JwtAuthBuilder::replay_store`](crate::JwtAuthBuilder::replay_store) and
/// [`Dpop::replay_store`](crate::Dpop::replay_store). Of two instances that see the same token or
/// proof at the same time, at most one accepts it: each use is one `SET key 1 NX PX ttl`. The key
/// is `{prefix}:token:` or `{prefix}:proof:` and [a hash](ReplayKey::digest) in base64url; nothing
/// of the token or the proof can be read in it.
///
/// [`connect`](Self::connect), which [`Authenticator::prefetch`](crate::Authenticator::prefetch)
/// calls, or else the first request opens the connection. When it is lost, it is opened again in
/// the background. All requests share it, and their commands are pipelined. Each operation has a
/// [time limit](RedisReplayStoreBuilder::timeout) that includes waiting for the connection. After
/// five failures in a row nothing is sent for a second, then one request tries again.
/// [`OnRedisOutage`] says what happens to a request meanwhile. A command whose response was lost is
/// not sent again: Redis may have executed it, and then would report the first use as a second one.
/// So the token or proof of such a request may count as used.
///
/// Note:
/// - Redis evicts entries if its memory is full and `maxmemory-policy` is not `noeviction`: a log
///   event at level warn and [`health`](Self::health) say so.
/// - Redis replicates asynchronously: after a failover to a replica, tokens and proofs that were
///   used just before may be accepted once more. `FLUSHALL` and a restart without persistence
///   delete all entries.
/// - A runtime with I/O and time (`enable_all`) is required. Outside of one, every operation fails.
/// - The [guide](crate::guides::redis) says how to set up Redis.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{ConfigError, Dpop, Issuer, JwtAuthLayer, OnRedisOutage, RedisReplayStore};
///
/// # fn build(issuer: Issuer) -> Result<JwtAuthLayer, ConfigError> {
/// let url = "redis://localhost:6379";
/// let store = RedisReplayStore::builder(url, "shop:production", OnRedisOutage::Reject).build()?;
/// JwtAuthLayer::builder(issuer).dpop(Dpop::required().replay_store(store)).build()
/// # }
/// ```
#[derive(Clone)]
pub struct RedisReplayStore {
    link: Arc<Link>,
    prefix: Prefix,
    memory: Option<MemoryReplayStore>,
}

impl RedisReplayStore {
    /// Starts to configure a store.
    ///
    /// `url` is `redis://[user[:password]@]host[:port][/database]`, with `rediss` for TLS (feature
    /// `redis-tls`), or `unix:///path[?db=…&user=…&pass=…]`. `valkey` and `valkeys` are the same as
    /// `redis` and `rediss`.
    ///
    /// `prefix` starts all keys: 1 to 64 letters, digits and `-_.:/`. Services and environments
    /// that share a Redis need different ones. Instances that are to share used tokens need the
    /// same.
    ///
    /// `on_outage` says what becomes of a request while Redis gives no response that can be used.
    pub fn builder(
        url: impl Into<String>,
        prefix: impl Into<String>,
        on_outage: OnRedisOutage,
    ) -> RedisReplayStoreBuilder {
        RedisReplayStoreBuilder::new(url.into(), prefix.into(), on_outage)
    }

    pub(super) fn new(link: Link, prefix: Prefix, on_outage: OnRedisOutage) -> Self {
        let memory = match on_outage {
            OnRedisOutage::Reject => None,
            OnRedisOutage::Memory(memory) => Some(memory),
        };
        Self {
            link: Arc::new(link),
            prefix,
            memory,
        }
    }

    /// Opens the connection, and waits until Redis has responded, for at most 4 s. Then the first
    /// request does not wait for the connection. If `maxmemory-policy` is not `noeviction`, that is
    /// logged at level warn. Has no effect if the connection is open.
    ///
    /// [`Authenticator::prefetch`](crate::Authenticator::prefetch) calls it for the stores of its
    /// layer. Call it yourself if the service must not start without Redis.
    ///
    /// # Errors
    ///
    /// If Redis can't be reached, does not respond in time, is loading its data, or rejects the
    /// credentials, or outside a tokio runtime. Later requests try again.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{OnRedisOutage, RedisReplayStore};
    ///
    /// async fn store() -> Result<RedisReplayStore, Box<dyn std::error::Error>> {
    ///     let url = "redis://localhost:6379";
    ///     let store = RedisReplayStore::builder(url, "shop", OnRedisOutage::Reject).build()?;
    ///     store.connect().await?;
    ///     Ok(store)
    /// }
    /// ```
    pub async fn connect(&self) -> Result<(), RedisConnectError> {
        self.link.connect().await.map_err(RedisConnectError)
    }

    /// Returns whether Redis is asked. False after five operations in a row have failed, until one
    /// succeeds. True before the first request.
    ///
    /// Note: do not use it as a readiness probe. An outage of Redis would take all instances out of
    /// service.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.link.is_available()
    }

    /// Returns the state of the store.
    #[must_use]
    pub fn health(&self) -> RedisHealth {
        RedisHealth::of(&self.link)
    }
}

impl ReplayStore for RedisReplayStore {
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome {
        // The memory has every use of this instance, so that in an outage, none of those before it
        // is forgotten; and after it, none of those that Redis does not know.
        let in_memory = self
            .memory
            .as_ref()
            .map(|store| store.insert_once(key, ttl));
        let in_memory = match in_memory {
            Some(InsertOutcome::Ready(Ok(false))) => return InsertOutcome::Ready(Ok(false)),
            Some(InsertOutcome::Ready(outcome)) => Some(outcome),
            Some(_) | None => None,
        };
        let command = set_once(&self.prefix.key(key), ttl);
        let link = Arc::clone(&self.link);
        let Some(in_memory) = in_memory else {
            return InsertOutcome::Pending(Box::pin(async move {
                Ok(link.run(command, was_set).await?)
            }));
        };
        InsertOutcome::PendingWithFallback(Box::pin(async move {
            if let Ok(is_new) = link.run(command, was_set).await {
                return Ok(InsertResponse::Store(is_new));
            }
            link.counters.count_memory();
            in_memory.map(InsertResponse::Fallback)
        }))
    }

    fn failure(&self, error: &(dyn StdError + Send + Sync + 'static)) -> StoreFailure {
        match error.downcast_ref() {
            Some(Failure::TimedOut) => StoreFailure::TimedOut,
            Some(Failure::CircuitOpen) => StoreFailure::Skipped,
            _ => StoreFailure::Failed,
        }
    }

    fn timeout(&self) -> Option<Duration> {
        Some(self.link.timeout())
    }

    fn prepare(&self) -> ReplayStoreFuture {
        let this = self.clone();
        Box::pin(async move { Ok(this.connect().await?) })
    }
}

/// Returns `SET key 1 NX PX ttl`. Zero is no `PX`, and part of a millisecond counts as a whole one.
fn set_once(key: &str, ttl: Duration) -> ::redis::Cmd {
    let ttl = u64::try_from(ttl.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    let mut command = ::redis::cmd("SET");
    command.arg(key).arg(1).arg("NX");
    command.arg("PX").arg(ttl.clamp(1, MAX_TTL_MS));
    command
}

/// Omits the address, whose URL may hold a password.
impl fmt::Debug for RedisReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStore")
            .field("prefix", &self.prefix.as_str())
            .field("available", &self.is_available())
            .finish_non_exhaustive()
    }
}
