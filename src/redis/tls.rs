//! TLS to Redis, with the certificate authorities of the system, as the default HTTP client has it.

use std::sync::Arc;

use ::rustls::crypto::CryptoProvider;
use ::rustls::pki_types::ServerName;
use ::rustls::{ClientConfig, Error};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::ConfigError;
use crate::redis::Failure;

/// Returns an error if the program has no provider of cryptography. This crate sets none.
pub(crate) fn check() -> Result<(), ConfigError> {
    config().map(drop)
}

/// Verifies the server's certificate, and that it is one of `host`.
pub(crate) async fn handshake(
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Failure> {
    // It reads the files of the certificate authorities.
    let config = tokio::task::spawn_blocking(config).await;
    let config = config
        .map_err(|_| Failure::Tls)?
        .map_err(|_| Failure::Tls)?;
    let host = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Tls)?;
    let connected = TlsConnector::from(Arc::new(config)).connect(host, stream);
    connected.await.map_err(|_| Failure::Tls)
}

fn config() -> Result<ClientConfig, ConfigError> {
    let provider = CryptoProvider::get_default().ok_or_else(|| {
        ConfigError::invalid_setting(
            "rediss: rustls has no provider: install one when the program starts, for example \
             rustls::crypto::aws_lc_rs::default_provider().install_default()",
        )
    })?;
    let failed = |error: Error| {
        ConfigError::invalid_setting("rediss: the TLS settings can't be made").with_source(error)
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let builder = builder.with_platform_verifier().map_err(failed)?;
    Ok(builder.with_no_client_auth())
}
