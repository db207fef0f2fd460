//! An HTTP/1.1 server that leaves nothing behind.

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

use super::answer::answer;
use super::provider::Provider;

/// A running server; it stops when this is dropped.
pub(super) struct Server {
    /// Its drop is what the task waits for.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) fn start(socket: TcpSocket, provider: Arc<Provider>) -> io::Result<Self> {
        // A stampede connects a thousand times at once.
        let listener = socket.listen(1024)?;
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            stop,
            task: tokio::spawn(serve(listener, provider, stopped)),
        })
    }

    /// Done when the port is closed and all connections are cut.
    pub(super) async fn stop(self) {
        drop(self.stop);
        // An error means that the runtime has dropped the task, and the sockets with it.
        let _ = self.task.await;
    }
}

/// Takes a port. Until it is listened on, connections to it are refused, yet nobody else gets it.
pub(super) fn take_port(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    // Connections cut earlier linger in TIME_WAIT; Windows gives the option another meaning.
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
                connections.spawn(converse(socket, provider.clone()));
            }
            // Out of file descriptors, most likely: retrying at once would spin.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(socket: TcpStream, provider: Arc<Provider>) {
    let service = service_fn(|request| answer(&provider, request));
    // Cut connections are what some tests are about, and clients may leave.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}
