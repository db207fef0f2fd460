//! What can't work or isn't safe, found before the first request.

use std::time::Duration;

use super::JwtAuthBuilder;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::issuer::Trusted;
use crate::jwt::TypeRule;
use crate::require::is_scope;

/// More would no longer be a tolerance for clocks.
const LONGEST_LEEWAY: Duration = Duration::from_secs(60 * 60);

impl<C, R> JwtAuthBuilder<C, R> {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.rules.leeway > LONGEST_LEEWAY {
            Err(contradiction("the leeway is longer than an hour"))
        } else if !(64..=1024 * 1024).contains(&self.rules.longest_token) {
            Err(contradiction(
                "the longest token is not between 64 bytes and 1 MiB",
            ))
        } else if self.single_use == Some(0) {
            Err(contradiction(
                "single use is on and nothing may be remembered",
            ))
        } else if matches!(&self.rules.types, TypeRule::Only(types) if types.is_empty()) {
            Err(contradiction("no token type is allowed"))
        } else if self.rules.profile && matches!(self.rules.types, TypeRule::Only(_)) {
            Err(contradiction(
                "access tokens by RFC 9068 have a type of their own",
            ))
        } else if !self.policy.scopes().iter().all(|scope| is_scope(scope)) {
            Err(contradiction(
                "a required scope is not one (RFC 6749 section 3.3)",
            ))
        } else {
            Ok(())
        }
    }
}

/// No issuer twice, no secret twice.
pub(super) fn issuers(trusted: &[Trusted]) -> Result<(), ConfigError> {
    for (place, issuer) in trusted.iter().enumerate() {
        for other in trusted.iter().take(place) {
            if issuer.name == other.name {
                return Err(ConfigError::new(
                    ConfigErrorKind::DuplicateIssuer,
                    "an issuer is configured twice",
                ));
            }
            if issuer.keys.share_secret(&other.keys) {
                return Err(ConfigError::new(
                    ConfigErrorKind::SharedSecret,
                    "two issuers share a secret",
                ));
            }
        }
    }
    Ok(())
}

pub(super) fn contradiction(message: &'static str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::Contradiction, message)
}
