//! The revocations of all instances, in Redis.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::Value;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::builder::RedisRevocationStoreBuilder;
use super::commands::Keys;
use super::follower;
use crate::redis::answer::checked;
use crate::redis::connection::{Connection, Connector};
use crate::redis::eviction::{Eviction, Inspected};
use crate::redis::failure::Failure;
use crate::redis::key::Prefix;
use crate::redis::settings::Target;
use crate::redis::slot::Slot;
use crate::{RevocationEntry, RevocationStore, RevocationStoreFuture, RevocationUpdates};

/// The revocations of all instances of a service, in Redis (6.2 or later) or Valkey (feature
/// `redis`). For [`RevocationSettings::store`](crate::RevocationSettings::store). Clones share
/// their connection for writing.
///
/// The keys are `{prefix:revocations}:list`, a sorted set of all entries, and
/// `{prefix:revocations}:changes`, a stream of those that were added in the last 10 minutes. The
/// entries are hashes: see [`RevocationEntry`]. Both keys expire 10 minutes after the last entry
/// has ended. A write is one script (`EVAL`), which also removes the entries that have ended.
///
/// Each list has a connection of its own for reading. It loads the list, and then waits for changes
/// with `XREAD BLOCK`: Redis responds as soon as there is a change, and otherwise after a second.
/// It loads the list again after 5 minutes, after a failure, and when the list was deleted. It
/// connects again when the server has become a replica.
///
/// Note:
/// - Redis may evict the list if its memory is full and `maxmemory-policy` is not `noeviction`: a
///   log event at level warn says so. The instances notice it within seconds and store their
///   entries again, but an instance that starts meanwhile does not have them.
/// - Redis replicates asynchronously: after a failover, the latest revocations can be missing until
///   the instance that has added them is connected again and stores its entries again.
/// - The [guide](crate::guides::redis) says how to set up Redis.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{
///     ConfigError, Issuer, JwtAuthLayer, OnStaleRevocations, RedisRevocationStore,
///     RevocationSettings, Revocations,
/// };
///
/// # fn build(issuer: Issuer) -> Result<JwtAuthLayer, ConfigError> {
/// let store = RedisRevocationStore::builder("redis://localhost:6379", "shop:production").build()?;
/// let settings = RevocationSettings::default().store(store, OnStaleRevocations::Reject);
/// let revocations = Revocations::with_settings(settings)?;
/// JwtAuthLayer::builder(issuer).revocations(&revocations).build()
/// # }
/// ```
#[derive(Clone)]
pub struct RedisRevocationStore {
    connector: Arc<dyn Connector>,
    /// For writing.
    slot: Arc<Slot>,
    eviction: Arc<Eviction>,
    prefix: Prefix,
    keys: Keys,
    timeout: Duration,
}

impl RedisRevocationStore {
    /// Starts to configure a store. URL and prefix are as those of
    /// [`RedisReplayStore::builder`](crate::RedisReplayStore::builder), which can have the same
    /// values.
    pub fn builder(
        url: impl Into<String>,
        prefix: impl Into<String>,
    ) -> RedisRevocationStoreBuilder {
        RedisRevocationStoreBuilder::new(url.into(), prefix.into())
    }

    pub(in crate::redis) fn new(target: Target) -> Self {
        let eviction = Arc::new(Eviction::new(target.name));
        let connector: Arc<dyn Connector> =
            Arc::new(Inspected::new(target.connector, Arc::clone(&eviction)));
        Self {
            slot: Arc::new(Slot::new(Arc::clone(&connector))),
            connector,
            eviction,
            keys: Keys::new(target.prefix.as_str()),
            prefix: target.prefix,
            timeout: target.timeout,
        }
    }

    /// Returns the server's `maxmemory-policy`. `None` before a connection is open, and if the
    /// server does not report it.
    #[must_use]
    pub fn eviction_policy(&self) -> Option<&'static str> {
        self.eviction.policy()
    }
}

impl RevocationStore for RedisRevocationStore {
    fn add(&self, entries: Vec<RevocationEntry>) -> RevocationStoreFuture {
        let (slot, limit) = (Arc::clone(&self.slot), self.timeout);
        let command = self.keys.add(&entries);
        Box::pin(async move { Ok(write(&slot, command, limit).await?) })
    }

    fn follow(&self) -> RevocationUpdates {
        follower::follow(Arc::clone(&self.connector), self.keys.clone())
    }
}

/// Sends a command, once. A connection that has failed is not used again.
async fn write(slot: &Slot, command: ::redis::Cmd, limit: Duration) -> Result<(), Failure> {
    // What follows waits by the runtime's timer.
    Handle::try_current().map_err(|_| Failure::NoRuntime)?;
    let mut used: Option<Arc<dyn Connection>> = None;
    let answered = timeout(limit, async {
        let connection = slot.connection().await?;
        let answer = connection.send(command);
        used = Some(connection);
        match checked(answer.await?)? {
            Value::Okay => Ok(()),
            _ => Err(Failure::UnexpectedAnswer),
        }
    });
    let outcome = answered.await.unwrap_or(Err(Failure::TimedOut));
    // Whatever the failure: a primary that was cut off from its replicas rejects writes for as long
    // as that lasts, and there may be a new one.
    if let (Some(connection), true) = (used, outcome.is_err()) {
        slot.discard(&connection);
    }
    outcome
}

/// Omits the address, whose URL may hold a password.
impl fmt::Debug for RedisRevocationStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRevocationStore")
            .field("prefix", &self.prefix.as_str())
            .finish_non_exhaustive()
    }
}
