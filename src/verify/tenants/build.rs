//! From the configuration of an issuer with tenants to what verifies their tokens.

use std::sync::Arc;

use tokio::time::Instant;

use super::issuers::{Keys, TenantKeys};
use super::{TenantIssuers, TenantRules, TenantUsage, Tenants};
use crate::config_error::ConfigError;
use crate::jwk::IssuerPattern;
use crate::keys::JwksCacheSettings;
use crate::observe::IssuerObservers;
use crate::trace;
use crate::verify::configured_issuer::Naming;
use crate::verify::issuer::KeyOrigin;
use crate::verify::issuers::Entry;
use crate::verify::{ConfiguredIssuer, Issuer, SharedKeys};

/// Stands for the placeholder when the configuration of all tenants is checked.
const SAMPLE: &str = "tenant";

impl Issuer {
    /// Checks the configuration. `shared` are the keys of all issuers.
    pub(crate) fn build_entry(
        self,
        shared: &Arc<SharedKeys>,
        observers: &IssuerObservers,
    ) -> Result<Entry, ConfigError> {
        let is_any_audience = self.audience.is_any();
        let accepts_bound = self.exceptions.accept_bound;
        let http_hosts = self.jwks_cache.as_ref().map(JwksCacheSettings::http_hosts);
        let http_hosts = http_hosts.unwrap_or_default().to_vec();
        let entry = self.build_named_or_tenants(shared, observers)?;
        // Here and not for each tenant: all have the same settings.
        if is_any_audience {
            trace::audience_not_checked(entry.name());
        }
        if accepts_bound {
            trace::binding_not_checked(entry.name());
        }
        if !http_hosts.is_empty() {
            trace::plain_http(entry.name(), &http_hosts);
        }
        Ok(entry)
    }

    fn build_named_or_tenants(
        mut self,
        shared: &Arc<SharedKeys>,
        observers: &IssuerObservers,
    ) -> Result<Entry, ConfigError> {
        self.check_introspection()?;
        let pattern = IssuerPattern::parse(&self.name);
        match (self.tenants.take(), pattern) {
            (None, None) => {
                let issuer = self.build(Some(shared), observers)?;
                Ok(Entry::Named(Arc::new(issuer)))
            }
            (None, Some(_)) => {
                Err(self
                    .invalid("has a placeholder, so it needs `tenants`: which tenants are trusted"))
            }
            (Some(_), None) => Err(self.invalid(
                "must have one placeholder, {name}, since `tenants` is set: a whole segment of the \
                 path, or the first label of a host that has at least two more and no port",
            )),
            (Some(tenants), Some(pattern)) => {
                let issuers = self.build_tenants(*tenants, pattern, shared, observers)?;
                Ok(Entry::Tenants(Arc::new(issuers)))
            }
        }
    }

    fn invalid(&self, message: &str) -> ConfigError {
        ConfigError::invalid_setting(format!("issuer {:?}: {message}", self.name))
    }

    fn build_tenants(
        self,
        tenants: Tenants,
        pattern: IssuerPattern,
        shared: &Arc<SharedKeys>,
        observers: &IssuerObservers,
    ) -> Result<TenantIssuers, ConfigError> {
        if self.exceptions.allow_missing_issuer {
            return Err(self.invalid(
                "allow_missing_issuer is set: must not be set together with tenants, since only \
                 `iss` says which tenant a token is of",
            ));
        }
        let are_keys_shared = self.share_keys(&pattern)?;
        tenants.validate(&pattern, are_keys_shared)?;
        let rules = Arc::new(TenantRules { pattern, tenants });
        if are_keys_shared {
            let mut issuer = self.build(Some(shared), observers)?;
            issuer.naming = Naming::Tenants(Arc::clone(&rules));
            return Ok(TenantIssuers {
                rules,
                algorithms: issuer.algorithms,
                keys: Keys::Shared(Arc::new(issuer)),
            });
        }
        if self
            .jwks_cache
            .as_ref()
            .is_some_and(JwksCacheSettings::has_snapshot_dir)
        {
            return Err(self.invalid(
                "snapshot_dir is set: must not be set for keys by tenant, which would leave a file for \
                 each tenant",
            ));
        }
        if self.secrets.is_some() {
            return Err(self.invalid(
                "add_secrets is set: must not be set for keys by tenant, as each tenant could sign \
                 tokens of the others",
            ));
        }
        let keys = Arc::new(TenantKeys::new(&rules, self, observers));
        let sample = keys.issuer_of(SAMPLE, Instant::now())?;
        Ok(TenantIssuers {
            rules,
            algorithms: sample.algorithms,
            keys: Keys::ByTenant(keys),
        })
    }

    /// Returns whether all tenants have the same keys: those are fetched from one URL, or not at
    /// all.
    fn share_keys(&self, pattern: &IssuerPattern) -> Result<bool, ConfigError> {
        let (setting, url) = match (&self.keys, &self.metadata_url) {
            (KeyOrigin::Discovery, None) => return Ok(false),
            (KeyOrigin::Discovery, Some(url)) => ("metadata_url", url),
            (KeyOrigin::Jwks(url), _) => ("jwks_uri", url),
            _ => return Ok(true),
        };
        if !url.contains(['{', '}']) {
            return Ok(true);
        }
        match IssuerPattern::parse(url) {
            Some(url) if pattern.can_fill(&url) => Ok(false),
            _ => Err(self.invalid(&format!(
                "{setting} has a placeholder: must be the one of the issuer, at a place where every \
                 tenant can stand"
            ))),
        }
    }

    /// Returns the issuer of a tenant. Only for keys that are fetched for each tenant.
    fn of_tenant(&self, pattern: &IssuerPattern, tenant: &str) -> Self {
        let of_tenant = |url: &String| url.replace(pattern.placeholder(), tenant);
        let keys = match &self.keys {
            KeyOrigin::Jwks(url) => KeyOrigin::Jwks(of_tenant(url)),
            _ => KeyOrigin::Discovery,
        };
        Self {
            name: pattern.with_tenant(tenant),
            audience: self.audience.clone(),
            exceptions: self.exceptions,
            algorithms: self.algorithms,
            keys,
            secrets: None,
            metadata_url: self.metadata_url.as_ref().map(of_tenant),
            jwks_cache: self.jwks_cache.clone(),
            http_client: self.http_client.clone(),
            observer: self.observer.clone(),
            tenants: None,
            introspection: None,
        }
    }
}

impl TenantKeys {
    /// Returns the issuer of a tenant, without cached keys. Their public keys are not compared with
    /// those of other issuers: the tenants of one provider often have the same.
    pub(super) fn issuer_of(
        &self,
        tenant: &str,
        now: Instant,
    ) -> Result<Arc<ConfiguredIssuer>, ConfigError> {
        let issuer = self.template.of_tenant(&self.rules.pattern, tenant);
        let mut issuer = issuer.build(None, &self.observers)?;
        issuer.keys.set_may_be_made_up();
        issuer.naming = Naming::Tenant(TenantUsage::new(Arc::clone(&self.rules), now));
        Ok(Arc::new(issuer))
    }
}
