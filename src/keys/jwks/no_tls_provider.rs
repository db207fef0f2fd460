//! The provider of cryptography for TLS, with feature `reqwest-no-provider`: the program's.

use ::rustls::crypto::CryptoProvider;

use crate::config_error::{ConfigError, ConfigErrorKind};

/// Returns an error if the program has installed no provider: reqwest would panic.
pub(crate) fn check() -> Result<(), ConfigError> {
    if CryptoProvider::get_default().is_some() {
        return Ok(());
    }
    Err(ConfigError::new(
        ConfigErrorKind::NoHttpClient,
        "rustls has no provider, which fetching keys needs: install one when the program starts, \
         for example rustls::crypto::ring::default_provider().install_default(), or enable feature \
         `reqwest`",
    ))
}
