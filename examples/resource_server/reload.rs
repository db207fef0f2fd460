//! Reading secrets again at a signal.

use std::io;

use tower_jwt_auth::SecretFiles;

/// Reads these secrets again at each SIGHUP. Without any, SIGHUP ends the process, as usual.
#[cfg(unix)]
pub(crate) fn at_hangup(secrets: Vec<SecretFiles>) -> io::Result<()> {
    use tokio::signal::unix;

    if secrets.is_empty() {
        return Ok(());
    }
    let mut hangup = unix::signal(unix::SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            for files in &secrets {
                // An error is logged by the library, once, and the old secrets stay.
                match files.reload().await {
                    Ok(()) => tracing::info!("secrets read again"),
                    Err(error) => tracing::warn!(%error, "secrets could not all be read again"),
                }
            }
        }
    });
    Ok(())
}

/// There is no such signal.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub(crate) fn at_hangup(_: Vec<SecretFiles>) -> io::Result<()> {
    Ok(())
}
