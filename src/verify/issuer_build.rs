//! Checking the configuration of an issuer, and making the source of its keys.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::configured_issuer::Naming;
use super::issuer::KeyOrigin;
use super::{ConfiguredIssuer, Issuer, IssuerKeys, SharedKeys};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::KeySet;
use crate::keys::jwks::{Discovery, JwksCache, JwksLocation, secure_url};

/// The paths of metadata, which no `iss` has: the name of an issuer is what precedes or surrounds
/// them (OpenID Connect Discovery §4, RFC 8414 §3).
const WELL_KNOWN: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

impl Issuer {
    /// `shared` are the public keys of all issuers, which those of this one are compared with.
    pub(super) fn build(
        self,
        shared: Option<&Arc<SharedKeys>>,
    ) -> Result<ConfiguredIssuer, ConfigError> {
        self.check_names()?;
        self.check_fetch_settings()?;
        self.check_secrets()?;
        let algorithms = self.allowed_algorithms()?;
        let Self {
            name,
            audience,
            exceptions,
            keys,
            secrets,
            metadata_url,
            jwks_cache,
            http_client,
            observer,
            ..
        } = self;
        let settings = jwks_cache.unwrap_or_default();
        let http_hosts = settings.http_hosts().to_vec();
        let jwks = |location| -> Result<_, ConfigError> {
            let client = http_client.map_or_else(crate::default_http_client, Ok)?;
            let observer = match shared {
                Some(shared) => Some(Arc::clone(shared).observe(observer)),
                None => observer,
            };
            Ok(IssuerKeys::Jwks(JwksCache::new(
                &name, location, client, settings, observer,
            )?))
        };
        let keys = match keys {
            KeyOrigin::Discovery => {
                let discovery = Discovery::new(&name, metadata_url.as_deref(), &http_hosts)?;
                jwks(JwksLocation::Discovery(Box::new(discovery)))?
            }
            KeyOrigin::Jwks(url) => jwks(JwksLocation::Url(secure_url(
                "jwks_uri",
                &url,
                &http_hosts,
            )?))?,
            KeyOrigin::Fixed(keys) => IssuerKeys::Fixed(keys),
            KeyOrigin::Source(source) => IssuerKeys::Source(source),
        };
        Ok(ConfiguredIssuer {
            name,
            audience,
            exceptions,
            algorithms,
            keys,
            secrets: secrets.map(KeySet::from_iter),
            naming: Naming::One,
            is_retired: AtomicBool::new(false),
            shares_secret: AtomicBool::new(false),
        })
    }

    fn check_names(&self) -> Result<(), ConfigError> {
        if self.name.is_empty() {
            let message = "issuer \"\": must not be empty";
            return Err(ConfigError::new(ConfigErrorKind::EmptyIssuer, message));
        }
        if let Some(path) = WELL_KNOWN.into_iter().find(|path| self.name.contains(path)) {
            let message = format!(
                "issuer {:?}: is the URL of metadata; remove {path}",
                self.name
            );
            return Err(ConfigError::new(ConfigErrorKind::InvalidUrl, message));
        }
        self.audience.validate(&self.name)
    }

    /// Rejects settings about fetching for keys that are not fetched: they would have no effect.
    fn check_fetch_settings(&self) -> Result<(), ConfigError> {
        let set = [
            ("jwks_cache", self.jwks_cache.is_some()),
            ("http_client", self.http_client.is_some()),
            ("on_event", self.observer.is_some()),
        ];
        if self.metadata_url.is_some() && !matches!(self.keys, KeyOrigin::Discovery) {
            return Err(ConfigError::invalid_setting(format!(
                "metadata_url of issuer {:?}: has no effect on keys that are not found by \
                 discovery; use Issuer::discovery, or remove it",
                self.name
            )));
        }
        match set.into_iter().find(|(_, is_set)| *is_set) {
            Some((setting, _)) if !self.keys.is_fetched() => {
                Err(ConfigError::invalid_setting(format!(
                    "{setting} of issuer {:?}: has no effect on keys that are not fetched; remove it",
                    self.name
                )))
            }
            _ => Ok(()),
        }
    }
}
