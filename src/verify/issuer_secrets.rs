//! The choice between the two kinds of keys that one issuer can have: those that are fetched, and
//! secrets beside them.
//!
//! The algorithm decides, so neither can verify what the other is for: fetched keys are never used
//! for HMAC, and secrets for nothing else. A token for a secret never causes a fetch.

use super::ConfiguredIssuer;
use crate::algorithm::Algorithm;
use crate::jwk::{Header, KeyDigest, KeySet};
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

    /// Returns the digests of the shared secrets that it has now.
    pub(super) fn secret_digests(&self) -> Vec<KeyDigest> {
        let keys = self.secret_source().and_then(KeySource::current);
        keys.map_or_else(Vec::new, |keys| keys.secret_digests().collect())
    }

    /// Returns whether it has one of these shared secrets now.
    pub(super) fn has_secret(&self, digests: &[KeyDigest]) -> bool {
        let keys = self.secret_source().and_then(KeySource::current);
        keys.is_some_and(|keys| {
            keys.secret_digests()
                .any(|digest| digests.contains(&digest))
        })
    }

    /// Returns the source of secrets. Fetched keys are public.
    fn secret_source(&self) -> Option<&dyn KeySource> {
        match &self.secrets {
            Some(secrets) => Some(secrets),
            None => Some(self.keys.source()).filter(|_| !self.keys.is_fetched()),
        }
    }
}
