//! The settings of a store of revocations.

use std::fmt;
use std::time::Duration;

use super::store::RedisRevocationStore;
use crate::ConfigError;
use crate::redis::settings::{Settings, texts};

/// The settings of a [`RedisRevocationStore`]: see [`RedisRevocationStore::builder`].
#[must_use]
pub struct RedisRevocationStoreBuilder {
    settings: Settings,
}

impl RedisRevocationStoreBuilder {
    pub(super) const fn new(url: String, prefix: String) -> Self {
        Self {
            settings: Settings::new(url, prefix),
        }
    }

    /// Sets how long a write may take, the connection included. After that, it is tried again.
    /// Default: 100 ms. Minimum: 10 ms. Maximum: 2 s. Reading has a limit of its own, since no
    /// request waits for it: 2 s for a response.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Allows `redis://` to a server beyond loopback. Default: only `rediss://` and Unix sockets
    /// are allowed, and `redis://` to loopback.
    ///
    /// Note: an attacker on the network can then read the password, hide revocations, and have any
    /// token rejected.
    pub const fn allow_plain_tcp(mut self) -> Self {
        self.settings.allow_plain_tcp = true;
        self
    }

    /// Sets the sentinels (Redis Sentinel) that name the primary, as
    /// [`RedisReplayStoreBuilder::sentinels`](crate::RedisReplayStoreBuilder::sentinels) does.
    /// Default: none.
    pub fn sentinels<T: Into<String>>(mut self, urls: impl IntoIterator<Item = T>) -> Self {
        self.settings.sentinels = Some(texts(urls));
        self
    }

    /// Sets that the server is a node of a Redis Cluster, and further nodes of it, as
    /// [`RedisReplayStoreBuilder::cluster_nodes`](crate::RedisReplayStoreBuilder::cluster_nodes)
    /// does. Default: no cluster. The whole list is on one node.
    pub fn cluster_nodes<T: Into<String>>(mut self, urls: impl IntoIterator<Item = T>) -> Self {
        self.settings.cluster_nodes = Some(texts(urls));
        self
    }

    /// Builds the store. Connections are opened when a list is built with it.
    ///
    /// # Errors
    ///
    /// As [`RedisReplayStoreBuilder::build`](crate::RedisReplayStoreBuilder::build).
    pub fn build(self) -> Result<RedisRevocationStore, ConfigError> {
        Ok(RedisRevocationStore::new(self.settings.build()?))
    }
}

/// Omits the URL, which may hold a password.
impl fmt::Debug for RedisRevocationStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRevocationStoreBuilder")
            .field("prefix", &self.settings.prefix)
            .field("timeout", &self.settings.timeout)
            .field("allow_plain_tcp", &self.settings.allow_plain_tcp)
            .finish_non_exhaustive()
    }
}
