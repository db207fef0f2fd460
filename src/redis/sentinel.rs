//! Connections to the primary that Redis Sentinel names.

use std::sync::Arc;

use ::redis::Value;
use futures::FutureExt as _;
use futures::future::{BoxFuture, select_ok};

use super::address::{Address, Server};
use super::answer::checked;
use super::connection::{Connection, Connector};
use super::failure::Failure;
use super::single;

/// Connects to the server that one of the sentinels names, if it is a primary.
pub(super) struct Sentinels {
    pub(super) sentinels: Vec<Server>,
    /// The host of its address is the name of the service.
    pub(super) service: Server,
}

impl Connector for Sentinels {
    fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Connection>, Failure>> {
        // All are asked at once: some may be down, and one that was cut off from the others may
        // name a server that is no primary any more.
        let ways = self.sentinels.iter();
        let ways: Vec<_> = ways
            .map(|sentinel| connect_by(sentinel.clone(), self.service.clone()).boxed())
            .collect();
        if ways.is_empty() {
            return Box::pin(async { Err(Failure::Unreachable) });
        }
        Box::pin(select_ok(ways).map(|first| first.map(|(connection, _)| connection)))
    }
}

async fn connect_by(sentinel: Server, mut service: Server) -> Result<Arc<dyn Connection>, Failure> {
    let named = primary(sentinel, service.address.host()).await?;
    service.address = service.address.at(named);
    let connection = single::connect(service).await?;
    let role = connection.send(::redis::cmd("ROLE")).await?;
    if is_primary(checked(role)?) {
        Ok(connection)
    } else {
        Err(Failure::ReadOnly)
    }
}

/// Asks a sentinel for host and port of the primary.
async fn primary(sentinel: Server, service: &str) -> Result<(String, u16), Failure> {
    let connection = single::connect(sentinel).await?;
    let mut command = ::redis::cmd("SENTINEL");
    command.arg("GET-MASTER-ADDR-BY-NAME").arg(service);
    let answer = checked(connection.send(command).await?)?;
    host_and_port(answer).ok_or(Failure::NoPrimary)
}

fn host_and_port(answer: Value) -> Option<(String, u16)> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let [host, port] = <[Value; 2]>::try_from(parts).ok()?.map(text);
    Some((host?, port?.parse().ok()?))
}

/// Returns whether the answer to `ROLE` is that of a primary.
fn is_primary(answer: Value) -> bool {
    let Value::Array(parts) = answer else {
        return false;
    };
    parts.into_iter().next().and_then(text).as_deref() == Some("master")
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

impl Address {
    /// Returns the name of the service that sentinels know.
    fn host(&self) -> &str {
        match self {
            Self::Tcp { host, .. } | Self::Tls { host, .. } => host,
            Self::Unix(_) => "",
        }
    }

    /// Returns another address with the same protection.
    pub(super) fn at(&self, (host, port): (String, u16)) -> Self {
        match self {
            Self::Tls { .. } => Self::Tls { host, port },
            Self::Tcp { .. } | Self::Unix(_) => Self::Tcp { host, port },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &str) -> Value {
        ::redis::parse_redis_value(bytes.as_bytes()).unwrap()
    }

    #[test]
    fn a_primary_is_a_host_and_a_port() {
        let answer = value("*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n");
        assert_eq!(host_and_port(answer), Some(("127.0.0.1".to_owned(), 6379)));
        for answer in [
            "*-1\r\n",
            "*0\r\n",
            "*1\r\n$9\r\n127.0.0.1\r\n",
            "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n65536\r\n",
            "*2\r\n$-1\r\n$4\r\n6379\r\n",
            "*3\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n1\r\n",
            "+OK\r\n",
        ] {
            assert_eq!(host_and_port(value(answer)), None, "{answer:?}");
        }
    }

    #[test]
    fn a_replica_and_a_sentinel_are_no_primary() {
        assert!(is_primary(value("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n")));
        for answer in [
            "*5\r\n$5\r\nslave\r\n$1\r\na\r\n:1\r\n$7\r\nconnect\r\n:0\r\n",
            "*2\r\n$8\r\nsentinel\r\n*1\r\n$6\r\nmaster\r\n",
            "*0\r\n",
            "$6\r\nmaster\r\n",
        ] {
            assert!(!is_primary(value(answer)), "{answer:?}");
        }
    }

    #[test]
    fn what_a_sentinel_names_is_reached_with_the_same_protection() {
        for (url, is_tls) in [("rediss://orders", true), ("redis://orders", false)] {
            let service = Server::parse(url).unwrap().address;
            assert_eq!(service.host(), "orders");
            let named = service.at(("10.0.0.1".to_owned(), 1));
            assert_eq!(matches!(named, Address::Tls { .. }), is_tls);
        }
    }
}
