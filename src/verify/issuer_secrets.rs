//! The choice between the two kinds of keys that one issuer can have: those that are fetched, and
//! secrets beside them.
//!
//! The algorithm decides, so neither can verify what the other is for: fetched keys are never used
//! for HMAC, and secrets for nothing else. A token for a secret never causes a fetch.

use std::sync::atomic::Ordering;

use super::ConfiguredIssuer;
use crate::algorithm::Algorithm;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::{Header, KeyDigest, KeySet};
use crate::keys::KeySource;
use crate::trace;

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

    /// Rejects keys that have one secret for two algorithms.
    pub(super) fn check_algorithms_of_secrets(&self) -> Result<(), ConfigError> {
        let keys = self.secret_source().and_then(KeySource::current);
        match keys.and_then(|keys| keys.secret_of_two_algorithms()) {
            Some(algorithms) => Err(secret_of_two_algorithms(&self.name, algorithms)),
            None => Ok(()),
        }
    }

    /// Like [`check_algorithms_of_secrets`](Self::check_algorithms_of_secrets), for keys that can
    /// change. Each set is checked once.
    pub(super) fn recheck_algorithms_of_secrets(&self) -> Result<(), ConfigError> {
        if !self.keys.is_source() {
            return Ok(());
        }
        let id = self.keys.source().current().map(|keys| keys.id());
        // Relaxed: orders no other memory. A set that is checked twice does no harm.
        if id == Some(self.checked_set.load(Ordering::Relaxed)) {
            return Ok(());
        }
        self.check_algorithms_of_secrets()?;
        if let Some(id) = id {
            self.checked_set.store(id, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Logs secrets that two keys have, if the keys can't change. For watched files there are
    /// events.
    pub(super) fn report_repeated_secrets(&self) {
        let keys = self.secret_source().filter(|_| !self.keys.is_source());
        let Some(keys) = keys.and_then(KeySource::current) else {
            return;
        };
        for (one, other) in keys.repeated_secrets() {
            let [one, other] = [one, other].map(|key| key.key_id().unwrap_or_default());
            trace::secret_repeated(&self.name, other, one);
        }
    }

    /// Returns the source of secrets. Fetched keys are public.
    fn secret_source(&self) -> Option<&dyn KeySource> {
        match &self.secrets {
            Some(secrets) => Some(secrets),
            None => Some(self.keys.source()).filter(|_| !self.keys.is_fetched()),
        }
    }
}

fn secret_of_two_algorithms(issuer: &str, [one, other]: [Algorithm; 2]) -> ConfigError {
    let message = format!(
        "issuer {issuer:?}: must not have the same secret for {one} and {other}: use another one for \
         each algorithm"
    );
    ConfigError::new(ConfigErrorKind::SharedSecret, message)
}
