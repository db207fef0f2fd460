//! Shared secrets of several issuers. Two that have the same secret could sign for each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use foldhash::fast::RandomState;

use crate::config_error::ConfigError;
use crate::error::{Error, RETRY_AFTER};
use crate::jwk::KeyDigest;
use crate::trace;
use crate::verify::{ConfiguredIssuer, shared_secret};

/// The issuers that have a secret, or may come to have one.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    /// Fixed ones, also those beside fetched keys.
    fixed: HashMap<KeyDigest, Arc<ConfiguredIssuer>, RandomState>,
    /// Those whose keys come from a source, and so may change.
    sources: Vec<Arc<ConfiguredIssuer>>,
    /// The number of all issuers.
    issuers: usize,
}

impl Secrets {
    /// Rejects an issuer that has a secret of another, or one secret for two algorithms.
    pub(super) fn check_new(&self, issuer: &ConfiguredIssuer) -> Result<(), ConfigError> {
        issuer.check_algorithms_of_secrets()?;
        issuer.report_repeated_secrets();
        match self.other_with_secret_of(issuer) {
            Some(other) => Err(shared_secret(&other.name, &issuer.name)),
            None => Ok(()),
        }
    }

    pub(super) fn add(&mut self, issuer: &Arc<ConfiguredIssuer>) {
        self.issuers = self.issuers.saturating_add(1);
        if issuer.keys.is_source() {
            self.sources.push(Arc::clone(issuer));
        } else {
            let digests = issuer.secret_digests();
            let entries = digests
                .into_iter()
                .map(|digest| (digest, Arc::clone(issuer)));
            self.fixed.extend(entries);
        }
    }

    /// Returns whether two issuers can come to share a secret.
    pub(super) const fn may_be_shared(&self) -> bool {
        !self.sources.is_empty() && self.issuers > 1
    }

    /// Rejects the tokens of an issuer that has come to share a secret with another one, or to have
    /// one for two algorithms. Fixed secrets were compared when the issuers were added.
    pub(super) fn check(&self, issuer: &ConfiguredIssuer) -> Result<(), Error> {
        issuer
            .recheck_algorithms_of_secrets()
            .map_err(unavailable)?;
        if !self.may_be_shared() {
            return Ok(());
        }
        let Some(other) = self.other_with_secret_of(issuer) else {
            // Relaxed: orders no other memory. An event too many or too few does no harm. Written
            // only if it changes, since all cores share it.
            if issuer.shares_secret.load(Ordering::Relaxed) {
                issuer.shares_secret.store(false, Ordering::Relaxed);
            }
            return Ok(());
        };
        if !issuer.shares_secret.swap(true, Ordering::Relaxed) {
            trace::secret_shared(&issuer.name, &other.name);
        }
        let cause = shared_secret(&issuer.name, &other.name);
        Err(unavailable(cause))
    }

    fn other_with_secret_of(&self, issuer: &ConfiguredIssuer) -> Option<&Arc<ConfiguredIssuer>> {
        let digests = issuer.secret_digests();
        if digests.is_empty() {
            return None;
        }
        let is_other = |other: &&Arc<ConfiguredIssuer>| other.name != issuer.name;
        let mut fixed = digests.iter().filter_map(|digest| self.fixed.get(digest));
        let has_secret =
            |other: &&Arc<ConfiguredIssuer>| is_other(other) && other.has_secret(&digests);
        let mut sources = self.sources.iter();
        fixed.find(is_other).or_else(|| sources.find(has_secret))
    }
}

fn unavailable(cause: ConfigError) -> Error {
    Error::keys_unavailable(RETRY_AFTER, Some(Arc::new(cause)))
}
