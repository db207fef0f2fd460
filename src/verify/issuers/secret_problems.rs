//! The problems of the secrets of all issuers, as they are at one time.

use super::secret_owners::SecretOwners;
use super::secrets::Secrets;
use crate::config_error::ConfigError;
use crate::verify::ConfiguredIssuer;

/// Finds the problem of each issuer in a time that does not grow with the number of issuers.
pub(crate) struct SecretProblems<'s> {
    secrets: &'s Secrets,
    owners: SecretOwners<'s>,
}

impl<'s> SecretProblems<'s> {
    pub(super) fn new(secrets: &'s Secrets) -> Self {
        let mut owners = SecretOwners::default();
        if secrets.may_be_shared() {
            for issuer in secrets.sources() {
                owners.add(issuer);
            }
        }
        Self { secrets, owners }
    }

    /// Returns why the tokens of an issuer are not verified: see [`Secrets::problem`].
    pub(crate) fn of(&self, issuer: &ConfiguredIssuer) -> Option<ConfigError> {
        let shared_by = || self.secrets.shared_by_any(issuer, &self.owners);
        self.secrets.problem_by(issuer, shared_by)
    }
}
