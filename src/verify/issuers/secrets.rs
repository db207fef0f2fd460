//! Shared secrets of several issuers. Two that have the same secret could sign for each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use foldhash::fast::RandomState;

use super::secret_owners::SecretOwners;
use super::secret_problems::SecretProblems;
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
    /// `owners` are those of the sources.
    pub(super) fn check_new<'s>(
        &'s self,
        issuer: &'s ConfiguredIssuer,
        owners: &SecretOwners<'s>,
    ) -> Result<(), ConfigError> {
        issuer.check_algorithms_of_secrets()?;
        issuer.log_secrets();
        match self.shared_by_any(issuer, owners) {
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
        self.problem_by(issuer, || self.shared_by(issuer))
    }

    /// Returns the problems of all issuers.
    pub(super) fn problems(&self) -> SecretProblems<'_> {
        SecretProblems::new(self)
    }

    /// Like [`problem`](Self::problem). `shared_by` finds the secret that the issuer shares.
    pub(super) fn problem_by<'s>(
        &self,
        issuer: &ConfiguredIssuer,
        shared_by: impl FnOnce() -> Option<SharedSecret<'s>>,
    ) -> Option<ConfigError> {
        if let Err(error) = issuer.recheck_algorithms_of_secrets() {
            if is_new_problem(issuer) {
                trace::secret_unusable(&issuer.name, &error);
            }
            return Some(error);
        }
        let shared = self.may_be_shared().then(shared_by).flatten();
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
        let mut concerned = issuers.filter(is_concerned).peekable();
        if concerned.peek().is_some() {
            let problems = self.problems();
            for issuer in concerned {
                let _reported = problems.of(issuer);
            }
        }
    }

    fn shared_by<'s>(&'s self, issuer: &'s ConfiguredIssuer) -> Option<SharedSecret<'s>> {
        self.shared_with(issuer, |digests| {
            let others = self
                .sources
                .iter()
                .filter(|other| other.name != issuer.name);
            let mut shared =
                others.filter_map(|other| Some((&**other, other.secret_among(digests)?)));
            shared.next()
        })
    }

    /// Like [`shared_by`](Self::shared_by), but the sources were read before.
    pub(super) fn shared_by_any<'s>(
        &'s self,
        issuer: &'s ConfiguredIssuer,
        owners: &SecretOwners<'s>,
    ) -> Option<SharedSecret<'s>> {
        self.shared_with(issuer, |digests| owners.other_with(issuer, digests))
    }

    fn shared_with<'s>(
        &'s self,
        issuer: &'s ConfiguredIssuer,
        of_source: impl FnOnce(&[KeyDigest]) -> Option<(&'s ConfiguredIssuer, KeyDigest)>,
    ) -> Option<SharedSecret<'s>> {
        let digests = issuer.secret_digests();
        if digests.is_empty() {
            return None;
        }
        let fixed = self.fixed_among(issuer, &digests);
        let (other, digest) = fixed.or_else(|| of_source(&digests))?;
        Some(SharedSecret {
            issuer,
            other,
            digest,
        })
    }

    /// Returns another issuer that has one of these secrets as a fixed one.
    fn fixed_among(
        &self,
        issuer: &ConfiguredIssuer,
        digests: &[KeyDigest],
    ) -> Option<(&ConfiguredIssuer, KeyDigest)> {
        let mut others = digests.iter().filter_map(|digest| {
            let other = self.fixed.get(digest)?;
            (other.name != issuer.name).then_some((&**other, *digest))
        });
        others.next()
    }

    pub(super) fn sources(&self) -> &[Arc<ConfiguredIssuer>] {
        &self.sources
    }
}

/// Relaxed: see [`Secrets::problem`].
fn is_new_problem(issuer: &ConfiguredIssuer) -> bool {
    !issuer.has_secret_problem.swap(true, Ordering::Relaxed)
}
