//! What all stores are configured with: where Redis is, how it may be reached, and the prefix.

use std::sync::Arc;
use std::time::Duration;

use super::address::Server;
use super::cluster::Cluster;
use super::connection::Connector;
use super::key::Prefix;
use super::sentinel::Sentinels;
use super::single::Single;
use crate::ConfigError;

const DEFAULT_TIMEOUT: Duration = Duration::from_millis(100);
const MIN_TIMEOUT: Duration = Duration::from_millis(10);
const MAX_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings, not validated yet.
pub(super) struct Settings {
    url: String,
    pub(super) prefix: String,
    pub(super) timeout: Duration,
    pub(super) allow_plain_tcp: bool,
    pub(super) sentinels: Option<Vec<String>>,
    pub(super) cluster_nodes: Option<Vec<String>>,
}

/// What they lead to.
pub(super) struct Target {
    /// For log events: host and port.
    pub(super) name: String,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) prefix: Prefix,
    pub(super) timeout: Duration,
}

impl Settings {
    pub(super) const fn new(url: String, prefix: String) -> Self {
        Self {
            url,
            prefix,
            timeout: DEFAULT_TIMEOUT,
            allow_plain_tcp: false,
            sentinels: None,
            cluster_nodes: None,
        }
    }

    pub(super) fn build(self) -> Result<Target, ConfigError> {
        let server = Server::parse(&self.url)?;
        server.address.check(self.allow_plain_tcp)?;
        let prefix = Prefix::new(&self.prefix)?;
        check_timeout(self.timeout)?;
        Ok(Target {
            name: server.address.to_string(),
            prefix,
            timeout: self.timeout,
            connector: self.connector(server)?,
        })
    }

    fn connector(self, server: Server) -> Result<Arc<dyn Connector>, ConfigError> {
        let allow_plain_tcp = self.allow_plain_tcp;
        match (self.sentinels, self.cluster_nodes) {
            (None, None) => Ok(Arc::new(Single(server))),
            (Some(urls), _) if urls.is_empty() => {
                let message = "sentinels has no URL: must have at least one";
                Err(ConfigError::invalid_setting(message))
            }
            (Some(urls), None) => Ok(Arc::new(Sentinels {
                sentinels: servers(&urls, allow_plain_tcp)?,
                service: server,
            })),
            (None, Some(urls)) => {
                let mut nodes = servers(&urls, allow_plain_tcp)?;
                nodes.insert(0, server);
                Ok(Arc::new(Cluster {
                    nodes,
                    allow_plain_tcp,
                }))
            }
            (Some(_), Some(_)) => {
                let message = "sentinels and cluster_nodes exclude each other: remove one";
                Err(ConfigError::invalid_setting(message))
            }
        }
    }
}

pub(super) fn texts<T: Into<String>>(urls: impl IntoIterator<Item = T>) -> Vec<String> {
    urls.into_iter().map(Into::into).collect()
}

fn servers(urls: &[String], allow_plain_tcp: bool) -> Result<Vec<Server>, ConfigError> {
    let servers = urls.iter().map(|url| {
        let server = Server::parse(url)?;
        server.address.check(allow_plain_tcp)?;
        Ok(server)
    });
    servers.collect()
}

fn check_timeout(timeout: Duration) -> Result<(), ConfigError> {
    if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout) {
        return Ok(());
    }
    Err(ConfigError::invalid_setting(format!(
        "timeout of Redis is {timeout:?}: must be from {MIN_TIMEOUT:?} to {MAX_TIMEOUT:?}"
    )))
}
