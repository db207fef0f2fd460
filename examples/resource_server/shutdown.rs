//! Graceful shutdown with a time limit.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use futures::FutureExt as _;
use tokio::net::TcpListener;

/// How long requests in progress may take after the signal.
const GRACE: Duration = Duration::from_secs(3);

/// Returns a future that completes at Ctrl-C or SIGTERM. From this call on, neither kills the
/// process.
#[cfg(unix)]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix;

    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that completes at Ctrl-C.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Serves until `shutdown` completes. Then closes idle connections at once and the others within
/// [`GRACE`].
pub(crate) async fn serve_until(
    shutdown: impl Future<Output = ()> + Send + 'static,
    listener: TcpListener,
    app: Router,
) -> io::Result<()> {
    let shutdown = shutdown.shared();
    let deadline = shutdown.clone().then(|()| tokio::time::sleep(GRACE));
    // Routes learn the address of the peer.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(shutdown);
    tokio::select! {
        result = server.into_future() => result,
        () = deadline => Ok(()),
    }
}
