//! An HTTP/1.1 server whose tasks end with it.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::select;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::provider::Provider;
use super::response::respond;

/// Connections that wait to be accepted. Load tests open a thousand at once.
const BACKLOG: u32 = 1024;

/// The delay after an error of `accept`, which is most likely a lack of file descriptors: retrying
/// at once would spin.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(10);

/// A running server. Stops when it is dropped.
pub(super) struct Server {
    /// The task ends when this is dropped.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) fn start(socket: TcpSocket, provider: Arc<Provider>) -> io::Result<Self> {
        let listener = socket.listen(BACKLOG)?;
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            stop,
            task: tokio::spawn(serve(listener, provider, stopped)),
        })
    }

    /// Returns when the port and all connections are closed.
    pub(super) async fn stop(self) {
        drop(self.stop);
        // An error means that the runtime has dropped the task, and its sockets.
        let _ = self.task.await;
    }
}

/// Binds a port without listening: connections to it are refused, and the system does not give the
/// port out as a free one.
pub(super) fn reserve_port(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    // Former connections stay in TIME_WAIT. On Windows the option would let others share the port.
    socket.set_reuseaddr(cfg!(not(windows)))?;
    socket.bind(address)?;
    Ok(socket)
}

async fn serve(listener: TcpListener, provider: Arc<Provider>, stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    select(
        pin!(accept(&listener, &provider, &mut connections)),
        stopped,
    )
    .await;
    drop(listener);
    connections.shutdown().await;
}

async fn accept(listener: &TcpListener, provider: &Arc<Provider>, connections: &mut JoinSet<()>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                connections.spawn(serve_connection(socket, provider.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_RETRY_DELAY).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_connection(socket: TcpStream, provider: Arc<Provider>) {
    let service = service_fn(|request| respond(&provider, request));
    // Errors are expected: some faults close the connection, and clients disconnect.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}
