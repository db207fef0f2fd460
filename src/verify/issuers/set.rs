//! The issuers at one time. Immutable: each change makes a new set.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::introspected::Introspected;
use super::secret_owners::SecretOwners;
use super::secret_problems::SecretProblems;
use super::secrets::Secrets;
use crate::algorithm::AlgorithmSet;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::error::{Error, RETRY_AFTER};
use crate::verify::ConfiguredIssuer;
use crate::verify::tenants::TenantIssuers;

/// The maximum number of issuers with tenants. A token's issuer is compared with each of their
/// patterns; the others are found by a hash.
const MAX_PATTERNS: usize = 32;

/// The issuers of an authenticator.
#[derive(Clone, Default)]
pub(crate) struct IssuerSet {
    /// In the order in which they were added.
    entries: Vec<Entry>,
    /// Seeded at random, since a token chooses the name that is looked up.
    by_name: HashSet<ByName, RandomState>,
    patterns: Vec<Arc<TenantIssuers>>,
    /// The only issuer, if there is one, and it has one name.
    sole: Option<Arc<ConfiguredIssuer>>,
    /// The only issuer whose tokens may have no `iss`, if there is one.
    nameless: Option<Arc<ConfiguredIssuer>>,
    /// Those whose tokens are introspected.
    pub(super) introspected: Introspected,
    algorithms: AlgorithmSet,
    secrets: Secrets,
}

/// What was configured as one [`Issuer`](crate::Issuer).
#[derive(Clone)]
pub(crate) enum Entry {
    Named(Arc<ConfiguredIssuer>),
    Tenants(Arc<TenantIssuers>),
}

/// An issuer that is found by its name.
#[derive(Clone)]
pub(crate) struct ByName(pub(crate) Arc<ConfiguredIssuer>);

/// The result of looking for the issuer that a token names.
pub(crate) enum Lookup<'s> {
    Found(&'s Arc<ConfiguredIssuer>),
    Tenant(Arc<ConfiguredIssuer>),
    /// An allowed tenant whose keys are not cached. Its cache is to be made only for a token that
    /// is valid apart from its signature.
    NewTenant(&'s Arc<TenantIssuers>),
    Unknown,
}

impl IssuerSet {
    /// Returns a set of these issuers.
    ///
    /// # Errors
    ///
    /// If two have the same name or may omit it, if a new one shares a secret with another, or if
    /// there are too many patterns. Those that were there before are not compared again: one whose
    /// source has come to share a secret must not keep others from being changed.
    pub(super) fn new(
        entries: Vec<Entry>,
        is_new: impl Fn(&Entry) -> bool,
    ) -> Result<Self, ConfigError> {
        let mut set = Self::default();
        set.by_name.reserve(entries.len());
        let mut names = HashSet::<&str, RandomState>::default();
        names.reserve(entries.len());
        let mut owners = SecretOwners::default();
        let kept = entries.iter().filter(|entry| !is_new(entry));
        for issuer in kept.filter_map(Entry::keys) {
            set.secrets.add(issuer);
            owners.add(issuer);
        }
        for entry in &entries {
            if !names.insert(entry.name()) {
                return Err(duplicate(entry.name()));
            }
            if let Some(issuer) = entry.keys().filter(|_| is_new(entry)) {
                set.secrets.check_new(issuer, &owners)?;
                set.secrets.add(issuer);
                owners.add(issuer);
            }
            set.index(entry)?;
        }
        drop((names, owners));
        set.sole = match &entries[..] {
            [Entry::Named(issuer)] => Some(Arc::clone(issuer)),
            _ => None,
        };
        set.entries = entries;
        Ok(set)
    }

    fn index(&mut self, entry: &Entry) -> Result<(), ConfigError> {
        self.algorithms = self.algorithms.union(entry.algorithms());
        match entry {
            Entry::Named(issuer) => {
                if issuer.exceptions.allow_missing_issuer
                    && let Some(other) = self.nameless.replace(Arc::clone(issuer))
                {
                    return Err(two_nameless(&other.name, &issuer.name));
                }
                self.introspected.add(issuer)?;
                self.by_name.insert(ByName(Arc::clone(issuer)));
            }
            Entry::Tenants(issuers) => {
                if self.patterns.len() >= MAX_PATTERNS {
                    return Err(too_many_patterns());
                }
                self.patterns.push(Arc::clone(issuers));
            }
        }
        Ok(())
    }

    /// Returns the issuer that is configured alone and has one name: its tokens can be verified
    /// before it is known whether they name it.
    pub(crate) const fn sole(&self) -> Option<&Arc<ConfiguredIssuer>> {
        self.sole.as_ref()
    }

    /// Returns the algorithms of all issuers together.
    pub(crate) const fn algorithms(&self) -> AlgorithmSet {
        self.algorithms
    }

    /// Returns the issuer of that name, compared byte by byte. Its cost does not depend on the
    /// number of issuers.
    pub(crate) fn find(&self, name: &str) -> Lookup<'_> {
        if let Some(ByName(issuer)) = self.by_name.get(name) {
            return Lookup::Found(issuer);
        }
        let lookups = self.patterns.iter().map(|issuers| issuers.find(name));
        let is_found = |lookup: &Lookup<'_>| !matches!(lookup, Lookup::Unknown);
        lookups
            .into_iter()
            .find(is_found)
            .unwrap_or(Lookup::Unknown)
    }

    /// Returns the issuer with tenants whose pattern a name fits, even if the tenant is not
    /// allowed.
    pub(crate) fn pattern_of(&self, name: &str) -> Option<&TenantIssuers> {
        let fits = |issuers: &&Arc<TenantIssuers>| issuers.has_pattern_of(name);
        self.patterns.iter().find(fits).map(|issuers| &**issuers)
    }

    /// Returns whether tokens of that name are still this issuer's. A change may have put another
    /// before it: one of that name before a pattern.
    pub(crate) fn is_current(&self, issuer: &Arc<ConfiguredIssuer>, name: &str) -> bool {
        match self.find(name) {
            Lookup::Found(found) => Arc::ptr_eq(found, issuer),
            Lookup::Tenant(found) => Arc::ptr_eq(&found, issuer),
            Lookup::NewTenant(_) | Lookup::Unknown => false,
        }
    }

    /// Returns the issuer of tokens without `iss`.
    pub(crate) const fn nameless(&self) -> Option<&Arc<ConfiguredIssuer>> {
        self.nameless.as_ref()
    }

    /// Rejects the token of an issuer that shares a secret with another one: each could then sign
    /// for the other.
    pub(crate) fn check_secrets(&self, issuer: &ConfiguredIssuer) -> Result<(), Error> {
        self.secret_problem(issuer).map_or(Ok(()), |cause| {
            Err(Error::keys_unavailable(RETRY_AFTER, Some(Arc::new(cause))))
        })
    }

    /// Returns why the secrets of an issuer must not be used, if that is so.
    fn secret_problem(&self, issuer: &ConfiguredIssuer) -> Option<ConfigError> {
        self.secrets.problem(issuer)
    }

    /// Returns the same for all issuers, in a time that grows with their number only.
    pub(crate) fn secret_problems(&self) -> SecretProblems<'_> {
        self.secrets.problems()
    }

    /// Checks the secrets of an issuer whose keys have changed, and reports what is wrong.
    pub(super) fn recheck_secrets(&self, changed: &ConfiguredIssuer) {
        self.secrets.recheck(changed);
    }

    pub(super) const fn may_share_secrets(&self) -> bool {
        self.secrets.may_be_shared()
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns every issuer, and the tenants whose keys are cached.
    pub(crate) fn all(&self) -> Vec<Arc<ConfiguredIssuer>> {
        let all = self.entries.iter().map(|entry| match entry {
            Entry::Named(issuer) => vec![Arc::clone(issuer)],
            Entry::Tenants(issuers) => issuers.cached(),
        });
        all.flatten().collect()
    }

    /// Returns what is configured: the names, or patterns, with the issuer that has the keys,
    /// unless each tenant has its own.
    pub(crate) fn configured(
        &self,
    ) -> impl Iterator<Item = (&str, Option<&Arc<ConfiguredIssuer>>)> {
        self.entries
            .iter()
            .map(|entry| (entry.name(), entry.keys()))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(Entry::name)
    }
}

impl Entry {
    /// Returns the name, or the pattern, as configured.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Named(issuer) => &issuer.name,
            Self::Tenants(issuers) => issuers.pattern(),
        }
    }

    /// Returns the issuer with the keys, unless each tenant has its own.
    pub(super) fn keys(&self) -> Option<&Arc<ConfiguredIssuer>> {
        match self {
            Self::Named(issuer) => Some(issuer),
            Self::Tenants(issuers) => issuers.shared(),
        }
    }

    /// Returns what no other entry has, as long as this one exists.
    pub(super) fn address(&self) -> usize {
        match self {
            Self::Named(issuer) => Arc::as_ptr(issuer).addr(),
            Self::Tenants(issuers) => Arc::as_ptr(issuers).addr(),
        }
    }

    fn algorithms(&self) -> AlgorithmSet {
        match self {
            Self::Named(issuer) => issuer.algorithms,
            Self::Tenants(issuers) => issuers.algorithms(),
        }
    }

    /// Rejects its tokens from now on, and ends its tasks.
    pub(super) fn retire(&self) {
        match self {
            Self::Named(issuer) => issuer.retire(),
            Self::Tenants(issuers) => issuers.retire(),
        }
    }
}

impl Borrow<str> for ByName {
    fn borrow(&self) -> &str {
        &self.0.name
    }
}

impl Hash for ByName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl PartialEq for ByName {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for ByName {}

pub(super) fn duplicate(name: &str) -> ConfigError {
    let message = format!("issuer {name:?}: must be configured only once");
    ConfigError::new(ConfigErrorKind::DuplicateIssuer, message)
}

fn two_nameless(one: &str, other: &str) -> ConfigError {
    ConfigError::invalid_setting(format!(
        "allow_missing_issuer of issuers {one:?} and {other:?}: a token without `iss` can be of one \
         issuer only; remove it from the others"
    ))
}

fn too_many_patterns() -> ConfigError {
    ConfigError::invalid_setting(format!(
        "issuers with tenants: must be at most {MAX_PATTERNS}, as each token is compared with all \
         of their patterns"
    ))
}
