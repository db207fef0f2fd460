//! An issuer with many tenants, whose keys are shared or those of each tenant.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::admission::{Admission, Room};
use super::cache::TenantCache;
use super::{TenantRules, expiry};
use crate::algorithm::AlgorithmSet;
use crate::error::{Error, ErrorKind, IssuerId, RETRY_AFTER};
use crate::jwt::Exceptions;
use crate::observe::IssuerObservers;
use crate::trace;
use crate::verify::issuers::Lookup;
use crate::verify::{ConfiguredIssuer, Issuer};

pub(crate) struct TenantIssuers {
    pub(super) rules: Arc<TenantRules>,
    pub(super) algorithms: AlgorithmSet,
    pub(super) keys: Keys,
}

pub(super) enum Keys {
    Shared(Arc<ConfiguredIssuer>),
    ByTenant(Arc<TenantKeys>),
}

/// The keys of each tenant by itself.
pub(super) struct TenantKeys {
    pub(super) rules: Arc<TenantRules>,
    /// The issuer as configured, from which that of a tenant is made.
    pub(super) template: Issuer,
    /// What is told of the tenants, by the pattern.
    pub(super) observers: IssuerObservers,
    pub(super) cache: TenantCache,
    /// Held while a tenant is added or removed.
    admission: Mutex<Admission>,
    /// Closed when this is dropped, which ends the task of `expiry`.
    pub(super) shutdown: watch::Sender<()>,
}

impl TenantIssuers {
    pub(crate) fn pattern(&self) -> &str {
        self.rules.pattern.as_str()
    }

    /// Returns whether a name fits the pattern, even if the tenant is not allowed.
    pub(crate) fn has_pattern_of(&self, name: &str) -> bool {
        self.rules.pattern.tenant_of(name).is_some()
    }

    /// Returns whether the tenant of a name is listed, but in upper or in lower case.
    pub(crate) fn lists_in_another_case(&self, name: &str) -> bool {
        let tenant = self.rules.pattern.tenant_of(name);
        tenant.is_some_and(|tenant| self.rules.tenants.list_in_another_case(tenant))
    }

    pub(crate) const fn algorithms(&self) -> AlgorithmSet {
        self.algorithms
    }

    /// Returns by what observers find the pattern.
    pub(crate) fn issuer_id(&self) -> IssuerId {
        match &self.keys {
            Keys::Shared(issuer) => issuer.observers.id(),
            Keys::ByTenant(keys) => keys.observers.id(),
        }
    }

    pub(crate) fn exceptions(&self) -> Exceptions {
        match &self.keys {
            Keys::Shared(issuer) => issuer.exceptions,
            Keys::ByTenant(keys) => keys.template.exceptions,
        }
    }

    pub(crate) const fn shared(&self) -> Option<&Arc<ConfiguredIssuer>> {
        match &self.keys {
            Keys::Shared(issuer) => Some(issuer),
            Keys::ByTenant(_) => None,
        }
    }

    /// Returns the issuer whose keys are tried for an `iss` of this name.
    pub(crate) fn find<'s>(self: &'s Arc<Self>, name: &str) -> Lookup<'s> {
        if !self.rules.allow(name) {
            return Lookup::Unknown;
        }
        match &self.keys {
            Keys::Shared(issuer) => Lookup::Found(issuer),
            Keys::ByTenant(keys) => keys
                .cache
                .get(name)
                .map_or(Lookup::NewTenant(self), Lookup::Tenant),
        }
    }

    /// Returns the issuer of an allowed tenant, and caches it from now on. Fetches nothing yet.
    pub(crate) fn add(&self, name: &str) -> Result<Arc<ConfiguredIssuer>, Error> {
        let tenant = self.rules.pattern.tenant_of(name);
        let tenant = tenant.ok_or(ErrorKind::UnknownIssuer)?;
        match &self.keys {
            Keys::Shared(issuer) => Ok(Arc::clone(issuer)),
            Keys::ByTenant(keys) => keys.add(name, tenant),
        }
    }

    /// Returns the issuers whose keys are cached.
    pub(crate) fn cached(&self) -> Vec<Arc<ConfiguredIssuer>> {
        match &self.keys {
            Keys::Shared(issuer) => vec![Arc::clone(issuer)],
            Keys::ByTenant(keys) => {
                let mut all = keys.cache.all();
                all.sort_by(|one, two| one.name.cmp(&two.name));
                all
            }
        }
    }

    /// Rejects all tokens from now on, and ends the tasks.
    pub(crate) fn retire(&self) {
        match &self.keys {
            Keys::Shared(issuer) => issuer.retire(),
            Keys::ByTenant(keys) => {
                let mut admission = keys.lock();
                admission.is_closed = true;
                let removed = keys.cache.retain(|_| false);
                drop(admission);
                for issuer in removed {
                    issuer.retire();
                }
            }
        }
    }
}

impl TenantKeys {
    pub(super) fn new(
        rules: &Arc<TenantRules>,
        template: Issuer,
        observers: &IssuerObservers,
    ) -> Self {
        Self {
            rules: Arc::clone(rules),
            template,
            observers: observers.clone(),
            cache: TenantCache::new(),
            admission: Mutex::default(),
            shutdown: watch::Sender::new(()),
        }
    }

    pub(super) fn idle(&self) -> Duration {
        self.rules.tenants.idle()
    }

    /// No code of the user runs under the lock, and each step leaves a valid state.
    pub(super) fn lock(&self) -> MutexGuard<'_, Admission> {
        self.admission
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn add(self: &Arc<Self>, name: &str, tenant: &str) -> Result<Arc<ConfiguredIssuer>, Error> {
        let now = Instant::now();
        let mut admission = self.lock();
        if let Some(issuer) = self.cache.get(name) {
            return Ok(issuer);
        }
        if admission.is_closed {
            return Err(ErrorKind::UnknownIssuer.into());
        }
        match admission.room(&self.cache, self.rules.tenants.max(), now) {
            Room::Free => {}
            Room::Instead(other) => {
                let removed = self.cache.retain(|issuer| issuer.name != other.name);
                for issuer in removed {
                    issuer.retire();
                }
            }
            Room::Full {
                retry_after,
                is_news,
            } => {
                drop(admission);
                return Err(self.full(retry_after, is_news));
            }
        }
        let issuer = self.issuer_of(tenant, now);
        let issuer = issuer.map_err(|error| {
            // Not expected: the issuer was built for another tenant before.
            Error::keys_unavailable(RETRY_AFTER, Some(Arc::new(error)))
        })?;
        self.cache.insert(&issuer);
        if !admission.is_expiry_running {
            admission.is_expiry_running = expiry::spawn(self);
        }
        Ok(issuer)
    }

    fn full(&self, retry_after: Duration, is_news: bool) -> Error {
        let max = self.rules.tenants.max();
        if is_news {
            trace::tenants_full(self.rules.pattern.as_str(), max);
        }
        let cause = format!("the keys of {max} tenants are cached, which is max_cached_tenants");
        let cause: Box<dyn std::error::Error + Send + Sync> = cause.into();
        Error::keys_unavailable(retry_after, Some(Arc::from(cause)))
    }
}
