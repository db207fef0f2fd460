//! The choice between the two kinds of keys that one issuer can have: those that are fetched, and
//! secrets beside them.
//!
//! The algorithm decides, so neither can verify what the other is for: fetched keys are never used
//! for HMAC, and secrets for nothing else. A token for a secret never causes a fetch.

use std::sync::atomic::Ordering;

use super::ConfiguredIssuer;
use crate::algorithm::Algorithm;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::{Header, Key, KeyDigest, KeySet};
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

    /// Returns one of these shared secrets that it has now, if it has any.
    pub(super) fn secret_among(&self, digests: &[KeyDigest]) -> Option<KeyDigest> {
        let keys = self.secret_source().and_then(KeySource::current)?;
        keys.secret_digests()
            .find(|digest| digests.contains(digest))
    }

    /// Returns the id of a secret, if it has one.
    pub(super) fn id_of_secret(&self, digest: KeyDigest) -> Option<String> {
        let keys = self.secret_source().and_then(KeySource::current)?;
        let key = keys.keys().find(|key| key.digest() == digest);
        key.and_then(Key::key_id).map(ToOwned::to_owned)
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
        self.log_encoded_secrets();
        if let Some(id) = id {
            self.checked_set.store(id, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Logs what is remarkable about secrets, if they can't change. For watched files there are
    /// events.
    pub(super) fn log_secrets(&self) {
        if self.keys.is_source() {
            return;
        }
        self.log_encoded_secrets();
        let keys = self.secret_source().and_then(KeySource::current);
        let Some(keys) = keys else {
            return;
        };
        for (one, other) in keys.repeated_secrets() {
            let [one, other] = [one, other].map(|key| key.key_id().unwrap_or_default());
            trace::secret_repeated(&self.name, other, one);
        }
    }

    /// Logs secrets that are texts of fewer bytes, once. A source may return another set each time.
    fn log_encoded_secrets(&self) {
        let source = self.secret_source();
        let source = source.filter(|source| source.key_files().is_none());
        let Some(keys) = source.and_then(KeySource::current) else {
            return;
        };
        let encoded = keys
            .keys()
            .filter_map(|key| Some((key, key.weaker_encoding()?)));
        let mut encoded = encoded.peekable();
        // Relaxed: orders no other memory. A line too many in the log does no harm.
        if encoded.peek().is_none() || self.is_encoding_logged.swap(true, Ordering::Relaxed) {
            return;
        }
        for (key, encoding) in encoded {
            trace::secret_may_be_encoded(&self.name, key.key_id(), None, encoding);
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
