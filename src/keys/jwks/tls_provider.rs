//! The provider of cryptography for TLS, with feature `reqwest`: the program's, else aws-lc-rs.

use crate::config_error::ConfigError;

/// Returns no error: reqwest has a provider.
#[expect(
    clippy::unnecessary_wraps,
    reason = "with `reqwest-no-provider` alone, there may be none, and this function returns an error"
)]
pub(crate) const fn check() -> Result<(), ConfigError> {
    Ok(())
}
