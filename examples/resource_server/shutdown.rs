//! An end that doesn't cut off requests, and doesn't wait for ever either.

use std::io;
use std::time::Duration;

use axum::Router;
use futures::FutureExt as _;
use tokio::net::TcpListener;

/// For the requests under way when the end is asked for.
const GRACE: Duration = Duration::from_secs(3);

/// Becomes ready at Ctrl-C or SIGTERM, which from this call on no longer kill the process.
#[cfg(unix)]
pub(crate) fn asked_to_stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Becomes ready at Ctrl-C.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn asked_to_stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Serves until `stop`, then ends idle connections at once and the others within [`GRACE`].
pub(crate) async fn serve_until(
    stop: impl Future<Output = ()> + Send + 'static,
    listener: TcpListener,
    app: Router,
) -> io::Result<()> {
    let stop = stop.shared();
    let too_late = stop.clone().then(|()| tokio::time::sleep(GRACE));
    tokio::select! {
        served = async { axum::serve(listener, app).with_graceful_shutdown(stop).await } => served,
        () = too_late => Ok(()),
    }
}
