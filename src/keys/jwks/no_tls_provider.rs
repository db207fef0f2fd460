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

#[cfg(test)]
mod tests {
    use super::*;

    /// No test of this crate installs a provider for the whole process.
    #[test]
    fn without_a_provider_there_is_no_default_client() {
        let error = check().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::NoHttpClient);
        assert!(error.to_string().starts_with("rustls has no provider"));
    }
}
