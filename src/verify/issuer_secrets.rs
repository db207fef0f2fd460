//! The choice between the two kinds of keys that one issuer can have: those that are fetched, and
//! secrets beside them.
//!
//! The algorithm decides, so neither can verify what the other is for: fetched keys are never used
//! for HMAC, and secrets for nothing else. A token for a secret never causes a fetch.

use super::{ConfiguredIssuer, IssuerKeys};
use crate::algorithm::Algorithm;
use crate::jwk::{Header, KeySet};
use crate::keys::KeySource;

impl ConfiguredIssuer {
    /// Returns the secrets beside fetched keys, if the algorithm needs one.
    pub(super) fn secrets_for(&self, algorithm: Algorithm) -> Option<&KeySet> {
        self.secrets.as_ref().filter(|_| algorithm.is_symmetric())
    }

    /// Returns the source of the keys for an algorithm.
    pub(super) fn source_for(&self, algorithm: Algorithm) -> &dyn KeySource {
        match self.secrets_for(algorithm) {
            Some(secrets) => secrets,
            None => self.keys.source(),
        }
    }

    /// Marks the keys for an algorithm as used: see [`IssuerKeys::mark_used`].
    pub(super) fn mark_used(&self, algorithm: Algorithm) {
        if self.secrets_for(algorithm).is_none() {
            self.keys.mark_used();
        }
    }

    /// Returns true only if there is no such key, and none would be fetched for it now. May return
    /// false in that case, too.
    pub(super) fn is_known_missing(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        match self.secrets_for(algorithm) {
            Some(secrets) => secrets.candidates(key_id, algorithm).next().is_none(),
            None => self.keys.is_known_missing(key_id, algorithm),
        }
    }

    /// Returns the header that is encoded as these bytes, if a token with it was verified with
    /// `keys`, which are the current ones, or with a secret beside them.
    pub(super) fn cached_header<'k>(
        &'k self,
        keys: Option<&'k KeySet>,
        encoded: &[u8],
    ) -> Option<&'k Header> {
        let is_cached = |keys: &'k KeySet| keys.cached_header(encoded);
        keys.and_then(is_cached)
            .or_else(|| self.secrets.as_ref().and_then(is_cached))
    }

    /// Returns whether a token with this header was verified with the current keys. Has no side
    /// effect.
    pub(super) fn has_cached_header(&self, encoded: &[u8]) -> bool {
        let is_cached = |keys: Option<&KeySet>| self.cached_header(keys, encoded).is_some();
        match &self.keys {
            IssuerKeys::Fixed(keys) => is_cached(Some(keys)),
            IssuerKeys::Jwks(cache) => is_cached(Some(&cache.cached())),
            IssuerKeys::Source(source) => is_cached(source.current().as_deref()),
        }
    }

    /// Returns whether both hold the same shared secret now: each issuer could then sign for the
    /// other.
    pub(crate) fn share_secret(&self, other: &Self) -> bool {
        let sources = self.secret_source().zip(other.secret_source());
        sources.is_some_and(|(ours, theirs)| {
            let keys = ours.current().zip(theirs.current());
            keys.is_some_and(|(ours, theirs)| ours.shares_secret_with(&theirs))
        })
    }

    /// Returns the source of secrets. Fetched keys are public.
    fn secret_source(&self) -> Option<&dyn KeySource> {
        match &self.secrets {
            Some(secrets) => Some(secrets),
            None => Some(self.keys.source()).filter(|_| !self.keys.is_fetched()),
        }
    }

    /// Returns whether its secrets, if it has any, can't change.
    pub(super) const fn has_fixed_secrets(&self) -> bool {
        !matches!(self.keys, IssuerKeys::Source(_))
    }
}
