//! What the server tells of its keys: to see that a fault has reached it and that it has come
//! through. The oracle doesn't use it.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;

use crate::http::Connection;
use crate::shot::get;

#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    pub(crate) fetches: u64,
    pub(crate) failures: u64,
    pub(crate) stale: bool,
}

impl Health {
    /// Of each issuer, in their order.
    pub(crate) async fn of(server: SocketAddr) -> io::Result<Vec<Self>> {
        let mut connection = Connection::open(server).await?;
        let answer = connection
            .exchange(&get("/healthz", "connection: close\r\n"))
            .await?;
        let told: Value = serde_json::from_str(&answer.body)?;
        Ok(told["issuers"]
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
