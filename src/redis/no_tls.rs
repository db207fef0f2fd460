//! Without feature `redis-tls`, no TLS.

use tokio::net::TcpStream;

use crate::redis::Failure;
use crate::{ConfigError, ConfigErrorKind};

/// Returns an error that names the feature.
pub(crate) fn check() -> Result<(), ConfigError> {
    let message = "url of Redis: rediss needs feature `redis-tls`";
    Err(ConfigError::new(ConfigErrorKind::InvalidUrl, message))
}

// The signature of the other module.
#[allow(clippy::unused_async, reason = "with the feature, it waits")]
pub(crate) async fn handshake(_: &str, _: TcpStream) -> Result<TcpStream, Failure> {
    Err(Failure::Tls)
}
