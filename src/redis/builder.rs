//! The settings of a store.

use std::fmt;
use std::time::Duration;

use super::link::Link;
use super::outage::OnRedisOutage;
use super::replay_store::RedisReplayStore;
use super::settings::{Settings, texts};
use crate::ConfigError;

/// The settings of a [`RedisReplayStore`]: see [`RedisReplayStore::builder`].
#[must_use]
pub struct RedisReplayStoreBuilder {
    settings: Settings,
    on_outage: OnRedisOutage,
}

impl RedisReplayStoreBuilder {
    pub(super) const fn new(url: String, prefix: String, on_outage: OnRedisOutage) -> Self {
        Self {
            settings: Settings::new(url, prefix),
            on_outage,
        }
    }

    /// Sets how long a request waits for Redis, the connection included. Then it is an outage for
    /// this request. Default: 100 ms. Minimum: 10 ms. Maximum: 2 s. A layer with this store needs a
    /// longer [`check_timeout`](crate::JwtAuthBuilder::check_timeout), whose default is 3 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Allows `redis://` to a server beyond loopback. Default: only `rediss://` and Unix sockets
    /// are allowed, and `redis://` to loopback.
    ///
    /// Note: an attacker on the network can then read the password, and have tokens and proofs
    /// accepted more than once.
    pub const fn allow_plain_tcp(mut self) -> Self {
        self.settings.allow_plain_tcp = true;
        self
    }

    /// Sets the sentinels (Redis Sentinel) that name the primary. Default: none; the URL of the
    /// store is that of the server.
    ///
    /// `urls` are those of the sentinels (usually port 26379), each with the credentials of the
    /// sentinel, if it has any. At least one; all are asked at once. In the URL of the store, the
    /// name of the service that they monitor takes the place of the host:
    /// `rediss://user:password@orders`. Its port is ignored.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, OnRedisOutage, RedisReplayStore};
    ///
    /// # fn build() -> Result<(), ConfigError> {
    /// let store = RedisReplayStore::builder("redis://orders", "shop", OnRedisOutage::Reject)
    ///     .sentinels(["redis://10.0.0.1:26379", "redis://10.0.0.2:26379", "redis://10.0.0.3:26379"])
    ///     // In a private network. Without it, the scheme must be `rediss`.
    ///     .allow_plain_tcp()
    ///     .build()?;
    /// # drop(store);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sentinels<T: Into<String>>(mut self, urls: impl IntoIterator<Item = T>) -> Self {
        self.settings.sentinels = Some(texts(urls));
        self
    }

    /// Sets that the server is a node of a Redis Cluster, and the URLs of other nodes to connect to
    /// while it is down. Default: not a cluster.
    ///
    /// `urls` may be empty. A key is looked for on the node that the cluster names, with the scheme
    /// and the credentials of the store's URL. Excludes [`sentinels`](Self::sentinels).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, OnRedisOutage, RedisReplayStore};
    ///
    /// # fn build() -> Result<(), ConfigError> {
    /// let store = RedisReplayStore::builder("redis://10.0.0.1", "shop", OnRedisOutage::Reject)
    ///     .cluster_nodes(["redis://10.0.0.2", "redis://10.0.0.3"])
    ///     .allow_plain_tcp()
    ///     .build()?;
    /// # drop(store);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cluster_nodes<T: Into<String>>(mut self, urls: impl IntoIterator<Item = T>) -> Self {
        self.settings.cluster_nodes = Some(texts(urls));
        self
    }

    /// Builds the store. The connection is opened by [`connect`](RedisReplayStore::connect), or for
    /// the first request.
    ///
    /// # Errors
    ///
    /// - [`InvalidUrl`](crate::ConfigErrorKind::InvalidUrl): a URL can't be parsed, or needs
    ///   feature `redis-tls`.
    /// - [`InsecureUrl`](crate::ConfigErrorKind::InsecureUrl): `redis://` to a server beyond
    ///   loopback, without [`allow_plain_tcp`](Self::allow_plain_tcp).
    /// - [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting): the prefix or the time limit
    ///   is invalid, [`sentinels`](Self::sentinels) has no URL or is set together with
    ///   [`cluster_nodes`](Self::cluster_nodes), or there is no provider of cryptography for TLS.
    pub fn build(self) -> Result<RedisReplayStore, ConfigError> {
        let target = self.settings.build()?;
        let outage = self.on_outage.text();
        let link = Link::new(target.name, target.connector, target.timeout, outage);
        Ok(RedisReplayStore::new(link, target.prefix, self.on_outage))
    }
}

/// Omits the URL, which may hold a password.
impl fmt::Debug for RedisReplayStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStoreBuilder")
            .field("prefix", &self.settings.prefix)
            .field("on_outage", &self.on_outage)
            .field("timeout", &self.settings.timeout)
            .field("allow_plain_tcp", &self.settings.allow_plain_tcp)
            .finish_non_exhaustive()
    }
}
