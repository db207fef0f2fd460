//! An issuer after its configuration was checked.

use super::Audience;
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::jwk::KeySet;
use crate::jwt::Expected;
use crate::keys::jwks::JwksCache;
use crate::keys::{IssuerHealth, KeySource};

/// An issuer whose tokens can be verified.
pub(crate) struct ConfiguredIssuer {
    /// Compared with `iss` byte by byte.
    pub(crate) name: String,
    pub(super) audience: Audience,
    pub(crate) algorithms: AlgorithmSet,
    pub(crate) keys: IssuerKeys,
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
            audiences: self.audience.as_slice(),
        }
    }

    pub(super) fn health(&self) -> IssuerHealth {
        if let IssuerKeys::Jwks(cache) = &self.keys {
            let (keys, is_usable, fetch) = cache.health();
            return IssuerHealth::new(&self.name, Some(&keys), is_usable, Some(fetch));
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

    /// Returns whether there is no such key, and none would be fetched for it now.
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

    /// Returns whether a token with this header was verified with the current keys. Has no side
    /// effect.
    pub(super) fn has_cached_header(&self, encoded: &[u8]) -> bool {
        let is_cached = |keys: &KeySet| keys.cached_header(encoded).is_some();
        match self {
            Self::Fixed(keys) => is_cached(keys),
            Self::Jwks(cache) => is_cached(&cache.cached()),
            Self::Source(source) => source.current().is_some_and(|keys| is_cached(&keys)),
        }
    }

    /// Returns whether both hold the same shared secret: each issuer could then sign for the other.
    pub(crate) fn share_secret(&self, other: &Self) -> bool {
        let (Self::Fixed(ours), Self::Fixed(theirs)) = (self, other) else {
            return false;
        };
        ours.keys()
            .any(|one| theirs.keys().any(|two| one.shares_secret_with(two)))
    }
}
