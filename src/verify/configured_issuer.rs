//! An issuer after its configuration was checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Audience;
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::error::{Error, RETRY_AFTER};
use crate::jwk::KeySet;
use crate::jwt::{Exceptions, Expected};
use crate::keys::jwks::JwksCache;
use crate::keys::{IssuerHealth, KeySource};
use crate::trace;

/// An issuer whose tokens can be verified.
pub(crate) struct ConfiguredIssuer {
    /// Compared with `iss` byte by byte.
    pub(crate) name: String,
    pub(super) audience: Audience,
    pub(crate) exceptions: Exceptions,
    pub(crate) algorithms: AlgorithmSet,
    pub(crate) keys: IssuerKeys,
    /// The secrets of an issuer whose other keys are fetched. Only they verify HMAC.
    pub(super) secrets: Option<KeySet>,
    /// Whether the last comparison found the secret of another issuer, so that it is logged once.
    pub(super) shares_secret: AtomicBool,
}

pub(crate) enum IssuerKeys {
    Fixed(KeySet),
    Jwks(JwksCache),
    Source(Box<dyn KeySource>),
}

impl ConfiguredIssuer {
    /// Returns the values that its tokens must contain.
    pub(super) fn expected(&self) -> Expected<'_> {
        Expected {
            audience: self.audience.rule(),
            exceptions: self.exceptions,
        }
    }

    /// Rejects the tokens of an issuer whose key source has come to share a secret with another
    /// issuer. Fixed secrets were compared when the layer was built.
    pub(super) fn check_secrets(&self, issuers: &[Arc<Self>]) -> Result<(), Error> {
        if issuers.len() == 1 {
            return Ok(());
        }
        let shares = |other: &&Arc<Self>| {
            let are_fixed = self.has_fixed_secrets() && other.has_fixed_secrets();
            self.name != other.name && !are_fixed && self.share_secret(other)
        };
        let Some(other) = issuers.iter().find(shares) else {
            // Relaxed: orders no other memory. An event too many or too few does no harm. Written
            // only if it changes, since all cores share it.
            if self.shares_secret.load(Ordering::Relaxed) {
                self.shares_secret.store(false, Ordering::Relaxed);
            }
            return Ok(());
        };
        if !self.shares_secret.swap(true, Ordering::Relaxed) {
            trace::secret_shared(&self.name, &other.name);
        }
        let cause = shared_secret(&self.name, &other.name);
        Err(Error::keys_unavailable(RETRY_AFTER, Some(Arc::new(cause))))
    }

    pub(super) fn health(&self) -> IssuerHealth {
        if let IssuerKeys::Jwks(cache) = &self.keys {
            let (keys, is_usable, fetch) = cache.health();
            let health = IssuerHealth::new(&self.name, Some(&keys), is_usable, Some(fetch));
            return health
                .with_unusable(cache.unusable())
                .with_secrets(self.secrets.as_ref());
        }
        let keys = self.keys.source().current();
        IssuerHealth::new(&self.name, keys.as_deref(), keys.is_some(), None)
    }
}

impl IssuerKeys {
    pub(super) fn source(&self) -> &dyn KeySource {
        match self {
            Self::Fixed(keys) => keys,
            Self::Jwks(cache) => cache,
            Self::Source(source) => &**source,
        }
    }

    /// Marks fetched keys as used, so that they are refreshed in the background. Must not be called
    /// for a token that may be forged, unless there are no usable keys.
    pub(super) fn mark_used(&self) {
        if let Self::Jwks(cache) = self {
            cache.mark_used();
        }
    }

    /// Returns true only if there is no such key, and none would be fetched for it now. May return
    /// false in that case, too.
    pub(super) fn is_known_missing(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        match self {
            Self::Fixed(keys) => keys.candidates(key_id, algorithm).next().is_none(),
            Self::Jwks(cache) => cache.is_known_missing(key_id, algorithm),
            Self::Source(_) => false,
        }
    }

    /// Returns whether a fetch may be started now, after a key that is cached did not verify a
    /// token.
    pub(super) fn may_refetch_after_invalid_signature(&self) -> bool {
        match self {
            Self::Jwks(cache) => cache.may_refetch_after_invalid_signature(),
            Self::Fixed(_) | Self::Source(_) => false,
        }
    }

    /// Has fetched keys fetched again in the background.
    pub(super) fn refetch_after_invalid_signature(&self) {
        if let Self::Jwks(cache) = self {
            cache.refetch_after_invalid_signature();
        }
    }

    pub(super) const fn is_fetched(&self) -> bool {
        matches!(self, Self::Jwks(_))
    }
}

/// Returns the error of two issuers with the same secret.
pub(crate) fn shared_secret(one: &str, other: &str) -> ConfigError {
    let message = format!(
        "issuers {one:?} and {other:?}: must not share a secret, as each could sign tokens of the \
         other"
    );
    ConfigError::new(ConfigErrorKind::SharedSecret, message)
}
