//! Changing the issuers at run time.

use std::fmt;
use std::sync::Arc;

use super::Registry;
use crate::config_error::ConfigError;
use crate::verify::Issuer;

/// The issuers of a running layer or authenticator, which can be added, replaced and removed.
///
/// [`JwtAuthLayer::issuers`](crate::JwtAuthLayer::issuers) and
/// [`Authenticator::issuers`](crate::Authenticator::issuers) return it. Cheap to clone: clones
/// change the same issuers.
///
/// A change applies to every request that begins after it, cached tokens included, and to requests
/// that wait for keys. Requests take no lock and are not delayed. What
/// [`build`](crate::JwtAuthBuilder::build) rejects is rejected here, too, and then nothing is
/// changed. Nothing is fetched: the first token of an issuer does that, or
/// [`prefetch`](crate::Authenticator::prefetch). Each change rebuilds the index of all issuers, so
/// for many at a time use [`replace_all`](Self::replace_all).
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer};
///
/// # fn example() -> Result<(), ConfigError> {
/// let audience = "https://api.example.com";
/// let first = Issuer::discovery("https://one.example.com/", audience);
/// let layer = JwtAuthLayer::builder(first).build()?;
///
/// // Later, from another task:
/// let issuers = layer.issuers();
/// issuers.add(Issuer::discovery("https://two.example.com/", audience))?;
/// assert!(issuers.remove("https://one.example.com/"));
/// assert_eq!(issuers.names(), ["https://two.example.com/"]);
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone)]
pub struct Issuers {
    registry: Arc<Registry>,
}

impl Issuers {
    pub(crate) const fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }

    /// Adds an issuer.
    ///
    /// # Errors
    ///
    /// [`DuplicateIssuer`](crate::ConfigErrorKind::DuplicateIssuer) if there is one of that name;
    /// otherwise as [`JwtAuthBuilder::build`](crate::JwtAuthBuilder::build).
    pub fn add(&self, issuer: Issuer) -> Result<(), ConfigError> {
        self.registry.add(issuer)
    }

    /// Replaces the issuer of the same name, or adds it if there is none.
    ///
    /// The keys of the former one are no longer used, and its cached tokens are verified again.
    /// With [`snapshot_dir`](crate::JwksCacheSettings::snapshot_dir), the new one starts with the
    /// keys in the file: to drop a key that was stolen, remove the file first.
    ///
    /// # Errors
    ///
    /// As [`JwtAuthBuilder::build`](crate::JwtAuthBuilder::build).
    pub fn replace(&self, issuer: Issuer) -> Result<(), ConfigError> {
        self.registry.replace(issuer)
    }

    /// Removes an issuer, and returns whether there was one of that name.
    ///
    /// Its tokens are rejected with 401 from the next request on, also cached ones, and its
    /// background task ends. If another issuer has a pattern that fits the name, they are verified
    /// as tokens of its tenant. Without any issuer, every token is rejected.
    #[must_use = "there may be no issuer of that name, and then nothing was removed"]
    pub fn remove(&self, name: &str) -> bool {
        self.registry.remove(name)
    }

    /// Replaces all issuers at once, also those of the same name: their cached keys are dropped,
    /// and their cached tokens are verified again.
    ///
    /// # Errors
    ///
    /// As [`JwtAuthBuilder::build`](crate::JwtAuthBuilder::build).
    pub fn replace_all(
        &self,
        issuers: impl IntoIterator<Item = Issuer>,
    ) -> Result<(), ConfigError> {
        self.registry.set(issuers.into_iter().collect())
    }

    /// Returns the names, in the order in which the issuers were added. That of an issuer with
    /// [`tenants`](Issuer::tenants) is its pattern.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let issuers = self.registry.load();
        issuers.names().map(ToOwned::to_owned).collect()
    }
}

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Issuers").field(&self.names()).finish()
    }
}
