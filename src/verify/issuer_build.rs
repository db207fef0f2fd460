//! Checking the configuration of an issuer, and making the source of its keys.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};

use super::configured_issuer::Naming;
use super::introspection;
use super::issuer::KeyOrigin;
use super::{ConfiguredIssuer, Issuer, IssuerKeys, SharedKeys};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::KeySet;
use crate::keys::HttpClient;
use crate::keys::jwks::{Discovery, JwksCache, JwksLocation, Wanted, secure_url};
use crate::observe::IssuerObservers;

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
        observers: &IssuerObservers,
    ) -> Result<ConfiguredIssuer, ConfigError> {
        self.check_names()?;
        let this = self.read_file()?;
        this.build_checked(shared, observers)
    }

    /// Reads the file that the keys are in, if they are in one.
    fn read_file(mut self) -> Result<Self, ConfigError> {
        if let KeyOrigin::File(file) = self.keys {
            self.keys = KeyOrigin::Source(Box::new(file.build()?));
        }
        Ok(self)
    }

    fn build_checked(
        self,
        shared: Option<&Arc<SharedKeys>>,
        observers: &IssuerObservers,
    ) -> Result<ConfiguredIssuer, ConfigError> {
        self.check_introspection()?;
        self.check_fetch_settings()?;
        self.check_secrets()?;
        let algorithms = self.allowed_algorithms()?;
        let Self {
            name,
            audience,
            mut exceptions,
            keys,
            secrets,
            metadata_url,
            jwks_cache,
            http_client,
            observer,
            introspection,
            ..
        } = self;
        let observer = observers.of_keys(observer);
        let settings = jwks_cache.unwrap_or_default();
        let http_hosts = settings.http_hosts().to_vec();
        let client = || http_client.map_or_else(crate::default_http_client, Ok);
        let jwks = |location, client: HttpClient, observer| -> Result<_, ConfigError> {
            let observer = match shared {
                Some(shared) => Some(Arc::clone(shared).observe(observer)),
                None => observer,
            };
            Ok(IssuerKeys::Jwks(JwksCache::new(
                &name, location, client, settings, observer,
            )?))
        };
        let mut observer_of_source = None;
        let keys = match keys {
            KeyOrigin::Discovery => {
                let discovery =
                    Discovery::new(&name, Wanted::JwksUri, metadata_url.as_deref(), &http_hosts)?;
                jwks(
                    JwksLocation::Discovery(Box::new(discovery)),
                    client()?,
                    observer,
                )?
            }
            KeyOrigin::Jwks(url) => {
                let url = secure_url("jwks_uri", &url, &http_hosts)?;
                jwks(JwksLocation::Url(url), client()?, observer)?
            }
            KeyOrigin::Fixed(keys) => IssuerKeys::Fixed(keys),
            KeyOrigin::Source(source) => {
                observer_of_source = observer;
                IssuerKeys::Source(source)
            }
            // `read_file` leaves none.
            KeyOrigin::File(_) => IssuerKeys::Fixed(KeySet::from_iter([])),
            KeyOrigin::Introspection(origin) => {
                let parts = introspection::Parts {
                    name: &name,
                    metadata_url: metadata_url.as_deref(),
                    settings: introspection.map(|settings| *settings).unwrap_or_default(),
                    client: client()?,
                    observer,
                    observers,
                };
                exceptions.allow_missing_audience = parts.settings.allows_missing_audience();
                IssuerKeys::Introspection(origin.build(parts)?)
            }
        };
        Ok(ConfiguredIssuer {
            name,
            audience,
            exceptions,
            algorithms,
            keys,
            secrets: secrets.map(KeySet::from_iter),
            naming: Naming::One,
            observers: observers.clone(),
            is_retired: AtomicBool::new(false),
            has_secret_problem: AtomicBool::new(false),
            is_encoding_logged: AtomicBool::new(false),
            checked_set: AtomicU64::new(u64::MAX),
            observer: observer_of_source,
            subscription: OnceLock::new(),
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
        if self.metadata_url.is_some() && !self.keys.has_metadata() {
            return Err(ConfigError::invalid_setting(format!(
                "metadata_url of issuer {:?}: has no effect on keys that are not found by \
                 discovery; use Issuer::discovery, or remove it",
                self.name
            )));
        }
        let is_introspected = matches!(self.keys, KeyOrigin::Introspection(_));
        let has_effect = |setting| match setting {
            "on_event" => self.keys.has_events(),
            // An introspected issuer has a client, and no cache of keys.
            "http_client" => is_introspected,
            _ => false,
        };
        let mut set = set.into_iter();
        match set.find(|(setting, is_set)| *is_set && !has_effect(setting)) {
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
