//! Which tenants of an issuer are trusted, and how many may be cached.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::config_error::ConfigError;
use crate::jwk::IssuerPattern;

const DEFAULT_MAX: usize = 1000;
const DEFAULT_IDLE: Duration = Duration::from_secs(60 * 60);
/// The maximum bounds the memory, which is some KiB for each.
const MAX: RangeInclusive<usize> = 2..=100_000;
/// Shorter ones would fetch keys again and again. Longer ones would end nothing.
const IDLE: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(366 * 24 * 60 * 60);

/// The tenants of an [`Issuer`](crate::Issuer) whose name has a placeholder, as in
/// `https://login.microsoftonline.com/{tenantid}/v2.0`: which of them are trusted.
///
/// Set with [`Issuer::tenants`](crate::Issuer::tenants). There is no default: such an issuer signs
/// tokens for all of its tenants, also for those that you do not know.
///
/// In `iss`, the tenant must have 1 to 128 unreserved characters (RFC 3986 §2.3: letters, digits,
/// `-`, `.`, `_`, `~`), and must be neither `.` nor `..`. In a host name it must be one label of at
/// most 63 lower-case letters, digits and inner hyphens. Tenants are compared byte by byte. Any
/// other `iss` is rejected without asking the rule. Nothing is fetched for a tenant that the rule
/// does not allow.
///
/// # Errors
///
/// Building the layer fails with [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if the
/// list is empty or has a name that can't stand for the placeholder, if the name of the claim is
/// empty, if a value is out of its range, and if `max_cached_tenants` or `idle_timeout` is set
/// though all tenants share their keys.
///
/// # Examples
///
/// Microsoft Entra ID, for two tenants. All tenants have the same keys. Each of their applications
/// can get a token for the service without a permission, but not with a scope:
///
/// ```
/// use tower_jwt_auth::{Audience, Issuer, JwtAuthLayer, Tenants};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// let tenants = Tenants::only([
///     "11111111-2222-3333-4444-555555555555",
///     "66666666-7777-8888-9999-000000000000",
/// ])
/// .tenant_claim("tid");
/// let metadata = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
/// let service = Audience::from("00000000-aaaa-bbbb-cccc-dddddddddddd");
/// let issuer = Issuer::discovery(
///     "https://login.microsoftonline.com/{tenantid}/v2.0",
///     service.and_scope("access_as_user"),
/// )
/// .metadata_url(metadata)
/// .tenants(tenants);
/// JwtAuthLayer::builder(issuer).build()
/// # }
/// # build().unwrap();
/// ```
///
/// Keycloak with a realm for each tenant. Each realm has its own metadata and keys:
///
/// ```
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, Tenants};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// let tenants = Tenants::allowed_by(|realm| realm.starts_with("customer-")).max_cached_tenants(200);
/// let issuer = Issuer::discovery("https://login.example.com/realms/{realm}", "orders-api")
///     .tenants(tenants);
/// JwtAuthLayer::builder(issuer).build()
/// # }
/// # build().unwrap();
/// ```
///
#[derive(Clone)]
#[must_use]
pub struct Tenants {
    allowed: Allowed,
    pub(super) claim: Option<Arc<str>>,
    max: Option<usize>,
    idle_timeout: Option<Duration>,
}

#[derive(Clone)]
enum Allowed {
    Only(Arc<HashSet<Box<str>>>),
    By(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl Tenants {
    /// Returns tenants that are listed.
    pub fn only(tenants: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let tenants = tenants.into_iter().map(|tenant| tenant.into().into());
        Self::new(Allowed::Only(Arc::new(tenants.collect())))
    }

    /// Returns tenants for which a predicate returns true.
    ///
    /// It is called in every request with a token of the issuer, cached tokens included, before the
    /// signature is checked: with any text that the placeholder can stand for. It must not block.
    /// Let it be as narrow as you can: each allowed tenant whose keys are not cached causes a
    /// fetch, unless the keys are shared.
    pub fn allowed_by(is_allowed: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Allowed::By(Arc::new(is_allowed)))
    }

    const fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            claim: None,
            max: None,
            idle_timeout: None,
        }
    }

    /// Requires a claim with the tenant of `iss` as its value, such as `tid` of Microsoft Entra ID.
    /// A token without it, or with another value, is rejected with 401. Default: none.
    ///
    /// Set it if your code reads that claim to tell tenants apart.
    pub fn tenant_claim(mut self, claim: impl Into<String>) -> Self {
        self.claim = Some(claim.into().into());
        self
    }

    /// Sets the maximum number of tenants whose keys are cached at a time. Default: 1,000. Allowed:
    /// 2 to 100,000. For keys by tenant only.
    ///
    /// When it is reached, the tenant that was unused for the longest time is removed, if it was
    /// unused for at least a minute; otherwise tokens of further tenants get 503. Tenants for which
    /// no token was verified yet are cached for a minute and take at most half of the maximum. So
    /// made-up tenants that the rule allows cause at most two fetches each (of up to three
    /// documents), for at most half of the maximum per minute, and never displace a tenant for
    /// which a token was verified within the last minute.
    pub const fn max_cached_tenants(mut self, max: usize) -> Self {
        self.max = Some(max);
        self
    }

    /// Sets the time after which a tenant's keys are no longer cached if no token of it was
    /// verified. Default: 1 hour. Allowed: 1 minute to 366 days.
    /// For keys by tenant only.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    pub(super) fn allow(&self, tenant: &str) -> bool {
        match &self.allowed {
            Allowed::Only(tenants) => tenants.contains(tenant),
            Allowed::By(is_allowed) => is_allowed(tenant),
        }
    }

    /// Returns whether a tenant is listed, but in upper or in lower case. Asks no predicate.
    pub(super) fn list_in_another_case(&self, tenant: &str) -> bool {
        let Allowed::Only(tenants) = &self.allowed else {
            return false;
        };
        let has = |other: String| other != tenant && tenants.contains(&*other);
        has(tenant.to_ascii_lowercase()) || has(tenant.to_ascii_uppercase())
    }

    pub(super) fn max(&self) -> usize {
        self.max.unwrap_or(DEFAULT_MAX)
    }

    pub(super) fn idle(&self) -> Duration {
        self.idle_timeout.unwrap_or(DEFAULT_IDLE)
    }

    /// Rejects values out of range, and those without effect.
    pub(super) fn validate(
        &self,
        pattern: &IssuerPattern,
        are_keys_shared: bool,
    ) -> Result<(), ConfigError> {
        let invalid = |message: String| {
            let name = pattern.as_str();
            Err(ConfigError::invalid_setting(format!(
                "tenants of issuer {name:?}: {message}"
            )))
        };
        match &self.allowed {
            Allowed::Only(tenants) if tenants.is_empty() => {
                return invalid("Tenants::only is empty: must list at least one tenant".to_owned());
            }
            Allowed::Only(tenants) => {
                if let Some(tenant) = tenants.iter().find(|tenant| !pattern.allows(tenant)) {
                    return invalid(format!(
                        "Tenants::only has {tenant:?}: must be 1 to 128 letters, digits and -._~, or in a host \
                         name 1 to 63 lower-case letters, digits and hyphens"
                    ));
                }
            }
            Allowed::By(_) => {}
        }
        if self.claim.as_deref() == Some("") {
            return invalid("tenant_claim is \"\": must be the name of a claim".to_owned());
        }
        if are_keys_shared && (self.max.is_some() || self.idle_timeout.is_some()) {
            return invalid(
                "max_cached_tenants and idle_timeout have no effect on keys that all tenants share; \
                 remove them"
                .to_owned(),
            );
        }
        if !MAX.contains(&self.max()) {
            let max = self.max();
            return invalid(format!(
                "max_cached_tenants is {max}: must be between 2 and 100000"
            ));
        }
        if !IDLE.contains(&self.idle()) {
            let idle = self.idle();
            return invalid(format!(
                "idle_timeout is {idle:?}: must be between 1 minute and 366 days"
            ));
        }
        Ok(())
    }
}

/// Shows no tenant: their names may be those of customers.
impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants")
            .field("claim", &self.claim)
            .field("max_cached_tenants", &self.max())
            .field("idle_timeout", &self.idle())
            .finish_non_exhaustive()
    }
}
