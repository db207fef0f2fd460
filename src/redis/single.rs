//! Connections to one server.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::net::TcpStream;

use super::address::{Address, Server};
use super::connection::{Connection, Connector, Multiplexed};
use super::failure::Failure;

/// Connects to the server of a URL.
pub(super) struct Single(pub(super) Server);

impl Connector for Single {
    fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Connection>, Failure>> {
        Box::pin(connect(self.0.clone()))
    }
}

/// Resolves the name, connects and greets. The name is resolved each time: behind it may be another
/// server after a failover.
pub(super) async fn connect(server: Server) -> Result<Arc<dyn Connection>, Failure> {
    let settings = &server.settings;
    match &server.address {
        Address::Tcp { host, port } => Multiplexed::greet(tcp(host, *port).await?, settings).await,
        Address::Tls { host, port } => {
            let stream = crate::redis_tls::handshake(host, tcp(host, *port).await?).await?;
            Multiplexed::greet(stream, settings).await
        }
        Address::Unix(path) => Multiplexed::greet(unix(path).await?, settings).await,
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect((host, port)).await;
    let stream = stream.map_err(|_| Failure::Unreachable)?;
    // Without it, a command waits for the acknowledgement of the one before. What can't be set
    // costs time only.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

#[cfg(unix)]
async fn unix(path: &std::path::Path) -> Result<tokio::net::UnixStream, Failure> {
    let stream = tokio::net::UnixStream::connect(path).await;
    stream.map_err(|_| Failure::Unreachable)
}

#[cfg(not(unix))]
async fn unix(_: &std::path::Path) -> Result<TcpStream, Failure> {
    Err(Failure::Unreachable)
}
