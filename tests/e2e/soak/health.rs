//! The health that the server reports, which shows whether a fault has had an effect and whether
//! the server has recovered. The oracle does not use it.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;

use crate::case::get;
use crate::http::Connection;

#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    pub(crate) fetches: u64,
    pub(crate) failures: u64,
    pub(crate) stale: bool,
}

impl Health {
    /// Returns the health of each issuer, in the order of the configuration.
    pub(crate) async fn of(server: SocketAddr) -> io::Result<Vec<Self>> {
        let mut connection = Connection::open(server).await?;
        let response = connection
            .exchange(&get("/healthz", "connection: close\r\n"))
            .await?;
        let health: Value = serde_json::from_str(&response.body)?;
        Ok(health["issuers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|issuer| Self::read(&issuer["fetch"]))
            .collect())
    }

    pub(crate) const fn successes(&self) -> u64 {
        self.fetches - self.failures
    }

    fn read(fetch: &Value) -> Self {
        let number = |name: &str| fetch[name].as_u64().unwrap_or_default();
        Self {
            fetches: number("fetches"),
            failures: number("failures"),
            stale: fetch["stale"].as_bool().unwrap_or_default(),
        }
    }
}
