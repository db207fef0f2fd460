//! An issuer after its configuration was checked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use super::Audience;
use super::introspection::Introspector;
use super::tenants::{MAX_UNVERIFIED_FETCHES, TenantRules, TenantUsage, UNVERIFIED_TTL};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::error::Error;
use crate::jwk::KeySet;
use crate::jwt::{Claims, Exceptions, Expected};
use crate::keys::jwks::JwksCache;
use crate::keys::{
    IssuerHealth, KeyFiles, KeyQuery, KeySource, Keys, KeysError, KeysFuture, Observer,
    Subscription,
};
use crate::observe::IssuerObservers;

/// An issuer whose tokens can be verified.
pub(crate) struct ConfiguredIssuer {
    /// Compared with `iss` byte by byte; of several tenants, the pattern.
    pub(crate) name: String,
    pub(super) audience: Audience,
    pub(crate) exceptions: Exceptions,
    pub(crate) algorithms: AlgorithmSet,
    pub(crate) keys: IssuerKeys,
    /// The secrets of an issuer whose other keys are fetched. Only they verify HMAC.
    pub(super) secrets: Option<KeySet>,
    pub(super) naming: Naming,
    /// What is told of the issuer, by its configured name.
    pub(super) observers: IssuerObservers,
    /// Whether it was removed, or replaced by another one of its name.
    pub(super) is_retired: AtomicBool,
    /// Whether the last check found a problem of its secrets, so that each is reported once.
    pub(super) has_secret_problem: AtomicBool,
    /// Whether it was logged that a secret of a source may be encoded.
    pub(super) is_encoding_logged: AtomicBool,
    /// The id of the last key set of a source in which no secret is for two algorithms.
    pub(super) checked_set: AtomicU64,
    /// Called for events of a source.
    pub(super) observer: Option<Observer>,
    /// Told what happens to files that the keys are in, if they are watched, while it exists.
    pub(super) subscription: OnceLock<Arc<Subscription>>,
}

/// Which `iss` its tokens have.
pub(super) enum Naming {
    /// The name.
    One,
    /// That of any allowed tenant: all have the same keys.
    Tenants(Arc<TenantRules>),
    /// The name, which is that of a tenant with keys of its own.
    Tenant(TenantUsage),
}

pub(crate) enum IssuerKeys {
    Fixed(KeySet),
    Jwks(JwksCache),
    Source(Box<dyn KeySource>),
    /// There are none: the issuer is asked about each token.
    Introspection(Introspector),
}

/// The keys of an issuer that has none.
struct NoKeys;

impl KeySource for NoKeys {
    fn current(&self) -> Option<Keys<'_>> {
        None
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl ConfiguredIssuer {
    /// Returns the values that its tokens must contain.
    pub(super) fn expected(&self) -> Expected<'_> {
        Expected {
            audience: self.audience.rule(),
            exceptions: self.exceptions,
            issuer: self.observers.id(),
        }
    }

    /// Returns whether these claims may still be used: the issuer was not removed, and its tenant
    /// is still allowed.
    pub(super) fn still_issues<C>(&self, claims: &Claims<C>) -> bool {
        if self.is_retired() {
            return false;
        }
        match self.tenant_rules() {
            None => true,
            Some(rules) => rules.allow(claims.issuer()),
        }
    }

    pub(super) fn is_retired(&self) -> bool {
        // Relaxed: orders no other memory. What happens after the removal reads it.
        self.is_retired.load(Ordering::Relaxed)
    }

    /// Rejects its tokens from now on, also cached ones, and ends its tasks. Something may still
    /// refer to it: cached tokens, and requests in flight.
    pub(super) fn retire(&self) {
        // Relaxed: see `is_retired`.
        self.is_retired.store(true, Ordering::Relaxed);
        self.keys.close();
    }

    /// Checks what the tokens of a tenant must have besides other tokens.
    pub(super) fn check_tenant(&self, issuer: &str, claims: &str) -> Result<(), Error> {
        self.tenant_rules()
            .map_or(Ok(()), |rules| rules.check_claim(issuer, claims))
    }

    /// Returns the name of the claim that must have the tenant of `iss`.
    pub(super) fn tenant_claim(&self) -> Option<&str> {
        self.tenant_rules().and_then(|rules| rules.claim())
    }

    fn tenant_rules(&self) -> Option<&TenantRules> {
        match &self.naming {
            Naming::One => None,
            Naming::Tenants(rules) => Some(rules),
            Naming::Tenant(usage) => Some(&usage.rules),
        }
    }

    /// Notes that a token with this algorithm was verified: then the keys that are fetched for it
    /// are refreshed in the background. Must not be called for a token that may be forged.
    pub(super) fn mark_used(&self, algorithm: Algorithm) {
        if self.secrets_for(algorithm).is_none() {
            self.keys.mark_used();
        }
        if let Naming::Tenant(usage) = &self.naming {
            usage.mark_used();
        }
    }

    /// Notes that a token, which may be forged, waits for keys. Those of a tenant that no token was
    /// verified for are not refreshed in the background: the tenant may be made up.
    pub(super) fn mark_needed(&self) {
        match &self.naming {
            Naming::Tenant(usage) if !usage.is_verified() => {}
            _ => self.keys.mark_used(),
        }
    }

    pub(super) fn is_verified_tenant(&self) -> bool {
        matches!(&self.naming, Naming::Tenant(usage) if usage.is_verified())
    }

    /// Returns whether no token of a tenant was verified: it may be made up.
    pub(super) fn is_unverified_tenant(&self) -> bool {
        matches!(&self.naming, Naming::Tenant(usage) if !usage.is_verified())
    }

    /// Rejects a fetch for a tenant that may be made up and whose keys were looked for often
    /// enough.
    pub(super) fn check_may_fetch(&self) -> Result<(), Error> {
        match (&self.naming, &self.keys) {
            (Naming::Tenant(usage), IssuerKeys::Jwks(cache))
                if !usage.is_verified() && cache.failures() >= MAX_UNVERIFIED_FETCHES =>
            {
                Err(Error::keys_unavailable(UNVERIFIED_TTL, None))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn is_expired_tenant(&self, now: Instant, idle_timeout: Duration) -> bool {
        matches!(&self.naming, Naming::Tenant(usage) if usage.is_expired(now, idle_timeout))
    }

    /// Returns for how long no token of a tenant was verified.
    pub(super) fn unused_for(&self, now: Instant) -> Duration {
        match &self.naming {
            Naming::Tenant(usage) => usage.unused_for(now),
            Naming::One | Naming::Tenants(_) => Duration::ZERO,
        }
    }

    /// Returns its state without the lists of keys, which are copied otherwise.
    pub(crate) fn health_without_keys(&self) -> IssuerHealth {
        match &self.keys {
            IssuerKeys::Jwks(cache) => {
                let (_, is_usable, fetch) = cache.health();
                IssuerHealth::new(&self.name, None, is_usable, Some(fetch))
            }
            IssuerKeys::Fixed(_) | IssuerKeys::Source(_) => {
                let source = self.keys.source();
                let is_usable = source.current().is_some();
                IssuerHealth::new(&self.name, None, is_usable, None)
                    .with_files(source.key_files().map(KeyFiles::health))
            }
            IssuerKeys::Introspection(_) => self.health_of_keys(),
        }
    }

    pub(crate) fn health(&self) -> IssuerHealth {
        let pattern = match &self.naming {
            Naming::Tenant(usage) => Some(usage.rules.pattern.as_str()),
            Naming::One | Naming::Tenants(_) => None,
        };
        self.health_of_keys().with_pattern(pattern)
    }

    fn health_of_keys(&self) -> IssuerHealth {
        if let IssuerKeys::Jwks(cache) = &self.keys {
            let (keys, is_usable, fetch) = cache.health();
            let health = IssuerHealth::new(&self.name, Some(&keys), is_usable, Some(fetch));
            return health
                .with_unusable(cache.unusable())
                .with_secrets(self.secrets.as_ref());
        }
        if let Some(introspector) = self.keys.introspector() {
            let health = introspector.health();
            let is_usable = health.available;
            return IssuerHealth::new(&self.name, None, is_usable, None).with_introspection(health);
        }
        let source = self.keys.source();
        let (keys, files) = (source.current(), source.key_files());
        IssuerHealth::new(&self.name, keys.as_deref(), keys.is_some(), None)
            .with_files(files.map(KeyFiles::health))
    }
}

impl IssuerKeys {
    pub(super) fn source(&self) -> &dyn KeySource {
        match self {
            Self::Fixed(keys) => keys,
            Self::Jwks(cache) => cache,
            Self::Source(source) => &**source,
            Self::Introspection(_) => &NoKeys,
        }
    }

    /// Notes that a token may have made up the issuer.
    pub(super) fn set_may_be_made_up(&self) {
        if let Self::Jwks(cache) = self {
            cache.set_may_be_made_up();
        }
    }

    /// Marks fetched keys as used, so that they are refreshed in the background. Must not be called
    /// for a token that may be forged, unless there are no usable keys.
    fn mark_used(&self) {
        if let Self::Jwks(cache) = self {
            cache.mark_used();
        }
    }

    /// Has fetched keys that are absent or due for a refresh fetched in the background, as by a
    /// request. Returns true if this started the background refresh.
    pub(crate) fn start_refresh_if_due(&self) -> bool {
        match self {
            Self::Jwks(cache) => cache.start_refresh_if_due(),
            Self::Fixed(_) | Self::Source { .. } | Self::Introspection(_) => false,
        }
    }

    /// Returns true only if there is no such key, and none would be fetched for it now. May return
    /// false in that case, too.
    pub(super) fn is_known_missing(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        match self {
            Self::Fixed(keys) => keys.candidates(key_id, algorithm).next().is_none(),
            Self::Jwks(cache) => cache.is_known_missing(key_id, algorithm),
            Self::Source(_) | Self::Introspection(_) => false,
        }
    }

    /// Returns what asks the issuer about its tokens, if it is introspected.
    pub(super) const fn introspector(&self) -> Option<&Introspector> {
        match self {
            Self::Introspection(introspector) => Some(introspector),
            _ => None,
        }
    }

    /// Returns whether a fetch may be started now, after a key that is cached did not verify a
    /// token.
    pub(super) fn may_refetch_after_invalid_signature(&self) -> bool {
        match self {
            Self::Jwks(cache) => cache.may_refetch_after_invalid_signature(),
            Self::Fixed(_) | Self::Source(_) | Self::Introspection(_) => false,
        }
    }

    /// Has fetched keys fetched again in the background.
    pub(super) fn refetch_after_invalid_signature(&self) {
        if let Self::Jwks(cache) = self {
            cache.refetch_after_invalid_signature();
        }
    }

    /// Fetches the keys now, if they are fetched.
    pub(super) async fn prefetch(&self) -> Result<(), KeysError> {
        match self {
            Self::Jwks(cache) => cache.prefetch().await,
            Self::Introspection(introspector) => introspector.prefetch().await,
            Self::Fixed(_) | Self::Source(_) => Ok(()),
        }
    }

    /// Ends the tasks that fetch keys.
    fn close(&self) {
        match self {
            Self::Jwks(cache) => cache.close(),
            Self::Introspection(introspector) => introspector.close(),
            Self::Fixed(_) | Self::Source(_) => {}
        }
    }

    pub(super) const fn is_fetched(&self) -> bool {
        matches!(self, Self::Jwks(_))
    }

    pub(super) const fn is_source(&self) -> bool {
        matches!(self, Self::Source(_))
    }
}
