//! Shared secrets of several issuers. Two that have the same secret could sign for each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use foldhash::fast::RandomState;

use super::shared_secret::SharedSecret;
use crate::config_error::ConfigError;
use crate::jwk::KeyDigest;
use crate::trace;
use crate::verify::ConfiguredIssuer;

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
        issuer.log_secrets();
        match self.shared_by(issuer) {
            // The one that was there before comes first.
            Some(shared) => Err(shared.reversed().error()),
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

    /// Returns why the tokens of an issuer are not verified: it has come to share a secret with
    /// another one, or to have one for two algorithms. Fixed secrets were compared when the issuers
    /// were added. Reports a problem that was not there at the last check.
    pub(super) fn problem(&self, issuer: &ConfiguredIssuer) -> Option<ConfigError> {
        if let Err(error) = issuer.recheck_algorithms_of_secrets() {
            if is_new_problem(issuer) {
                trace::secret_unusable(&issuer.name, &error);
            }
            return Some(error);
        }
        let shared = if self.may_be_shared() {
            self.shared_by(issuer)
        } else {
            None
        };
        let Some(shared) = shared else {
            // Relaxed: orders no other memory. A report too many or too few does no harm. Written
            // only if it changes, since all cores share it.
            if issuer.has_secret_problem.load(Ordering::Relaxed) {
                issuer.has_secret_problem.store(false, Ordering::Relaxed);
                trace::secret_usable(&issuer.name);
            }
            return None;
        };
        if is_new_problem(issuer) {
            shared.report();
        }
        Some(shared.error())
    }

    /// Checks an issuer whose keys have changed, and those that share a secret with it now or did
    /// so before.
    pub(super) fn recheck(&self, changed: &ConfiguredIssuer) {
        let digests = changed.secret_digests();
        let is_concerned = |issuer: &&Arc<ConfiguredIssuer>| {
            issuer.has_secret_problem.load(Ordering::Relaxed)
                || issuer.secret_among(&digests).is_some()
        };
        let issuers = self.sources.iter().chain(self.fixed.values());
        for issuer in issuers.filter(is_concerned) {
            let _reported = self.problem(issuer);
        }
    }

    fn shared_by<'s>(&'s self, issuer: &'s ConfiguredIssuer) -> Option<SharedSecret<'s>> {
        let digests = issuer.secret_digests();
        if digests.is_empty() {
            return None;
        }
        let is_other = |other: &ConfiguredIssuer| other.name != issuer.name;
        let fixed = digests.iter().filter_map(|digest| {
            let other = self.fixed.get(digest)?;
            is_other(other).then_some((other, *digest))
        });
        let sources = self.sources.iter().filter(|other| is_other(other));
        let sources = sources.filter_map(|other| Some((other, other.secret_among(&digests)?)));
        let (other, digest) = fixed.chain(sources).next()?;
        Some(SharedSecret {
            issuer,
            other,
            digest,
        })
    }
}

/// Relaxed: see [`Secrets::problem`].
fn is_new_problem(issuer: &ConfiguredIssuer) -> bool {
    !issuer.has_secret_problem.swap(true, Ordering::Relaxed)
}
