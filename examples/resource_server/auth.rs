//! Builds the layer from the options.

use tower_jwt_auth::{
    Algorithm, Audience, ConfigError, Issuer, JwtAuthBuilder, JwtAuthLayer, Key, KeySet,
    ResourceMetadata, Secret, SecretFiles,
};

use crate::config;
use crate::issuer_options::{IssuerKeys, IssuerOptions};
use crate::options::Options;
use crate::sharing::SharingRoutes;
use crate::usage_error::{UsageError, with_sources};

/// The layer, what it shares with other instances, and the secrets that it watches.
pub(crate) struct Auth {
    pub(crate) layer: JwtAuthLayer,
    pub(crate) sharing: Option<SharingRoutes>,
    pub(crate) secrets: Vec<SecretFiles>,
}

impl Options {
    /// Returns the layers that these options describe, and the secrets that they watch. Fetches no
    /// keys yet.
    pub(crate) fn auth(&self) -> Result<Auth, UsageError> {
        let secrets = self.watched_secrets()?;
        let builder = || self.layer_builder(&secrets);
        let invalid = |error| self.named(&secrets, &error);
        let (layer, sharing) = match self.redis.shared()? {
            None => (builder()?.build().map_err(invalid)?, None),
            Some(shared) => {
                let layer = builder()?.revocations(&shared.revocations).build();
                let layer = layer.map_err(invalid)?;
                let clients = &self.redis.logout_clients;
                let sharing = SharingRoutes::new(shared, &layer, builder()?, clients);
                (layer, Some(sharing.map_err(invalid)?))
            }
        };
        Ok(Auth {
            layer,
            sharing,
            secrets: secrets.into_iter().flatten().collect(),
        })
    }

    /// `secrets` are those of each issuer.
    fn layer_builder(&self, secrets: &[Option<SecretFiles>]) -> Result<JwtAuthBuilder, UsageError> {
        if let Some(file) = &self.config {
            return config::builder(file);
        }
        let issuers = self.issuers.iter().zip(secrets);
        let mut issuers = issuers.map(|(options, secrets)| self.issuer(options, secrets.as_ref()));
        let first = issuers
            .next()
            .ok_or_else(|| UsageError::new("--issuer is missing"))??;
        let mut builder = self.builder(first);
        for issuer in issuers {
            builder = builder.add_issuer(issuer?);
        }
        self.apply_to(builder)
    }

    /// Returns the error of a layer, with the options of the issuer that has it alone, too.
    fn named(&self, secrets: &[Option<SecretFiles>], error: &ConfigError) -> UsageError {
        if let Some(file) = &self.config {
            return config::named(file, error);
        }
        let is_cause = |(options, secrets): &(&IssuerOptions, &Option<SecretFiles>)| {
            let issuer = self.issuer(options, secrets.as_ref()).ok();
            let alone = issuer.and_then(|issuer| self.builder(issuer).build().err());
            alone.is_some_and(|alone| alone.to_string() == error.to_string())
        };
        match self.issuers.iter().zip(secrets).find(is_cause) {
            Some((options, _)) => UsageError::with_options(options, error),
            None => UsageError::new(with_sources(error)),
        }
    }

    /// Returns a builder for the resource, if there is one. The audiences of the command line are
    /// given on purpose.
    fn builder(&self, issuer: Issuer) -> JwtAuthBuilder {
        let builder = JwtAuthLayer::builder(issuer);
        let Some(resource) = &self.resource else {
            return builder;
        };
        let metadata = ResourceMetadata::new(resource);
        builder.resource(if self.audiences.is_empty() {
            metadata
        } else {
            metadata.allow_other_audiences()
        })
    }

    /// Reads the secrets of `--hmac-secret-dir`, of each issuer.
    fn watched_secrets(&self) -> Result<Vec<Option<SecretFiles>>, UsageError> {
        let mut hmac = self.algorithms.iter().copied();
        let hmac = hmac.find(|algorithm| algorithm.is_symmetric());
        let watched = self.issuers.iter().map(|options| {
            let IssuerKeys::SecretDir(dir) = &options.keys else {
                return Ok(None);
            };
            let secrets = SecretFiles::watch(dir, hmac.unwrap_or(Algorithm::HS256)).build();
            secrets
                .map(Some)
                .map_err(|error| UsageError::with_options(options, &error))
        });
        watched.collect()
    }

    /// Applies the options that hold for every issuer.
    fn apply_to(&self, mut builder: JwtAuthBuilder) -> Result<JwtAuthBuilder, UsageError> {
        if let Some(leeway) = self.leeway {
            builder = builder.leeway(leeway);
        }
        if let Some(dpop) = self.dpop.settings()? {
            builder = builder.dpop(dpop);
        }
        Ok(match &self.token_type {
            None => builder,
            Some(typ) if is_access_token(typ) => builder.access_tokens_only(),
            Some(typ) => builder.token_types([typ]),
        })
    }

    fn issuer(
        &self,
        options: &IssuerOptions,
        secrets: Option<&SecretFiles>,
    ) -> Result<Issuer, UsageError> {
        let audience = match (&self.resource, &self.audiences[..]) {
            (None, []) => {
                let message = format!("--issuer {}: --audience is missing", options.url);
                return Err(UsageError::new(message));
            }
            (Some(_), []) => Audience::resource(),
            (_, audiences) => audiences.iter().collect(),
        };
        let url = options.url.as_str();
        if let Some(secrets) = secrets {
            return Ok(Issuer::from_key_source(url, secrets.clone(), audience));
        }
        Ok(match &options.keys {
            IssuerKeys::Discovery | IssuerKeys::SecretDir(_) => {
                self.restricted(Issuer::discovery(url, audience))
            }
            IssuerKeys::Url(jwks_uri) => self.restricted(Issuer::jwks(url, jwks_uri, audience)),
            IssuerKeys::SecretFile(file) => {
                let keys = Secret::from_file(file).and_then(|secret| self.secret_keys(&secret));
                let keys = keys.map_err(|error| UsageError::with_options(options, &error))?;
                Issuer::from_keys(url, keys, audience)
            }
        })
    }

    /// Restricts an issuer with public keys to those of `--algorithms` that are not HMAC, since the
    /// HMAC ones are for issuers with a secret. If no other is listed, it gets the HMAC ones, which
    /// the builder rejects with an error that says why.
    fn restricted(&self, issuer: Issuer) -> Issuer {
        let (hmac, public): (Vec<_>, Vec<_>) = self
            .algorithms
            .iter()
            .partition(|algorithm| algorithm.is_symmetric());
        match (public.is_empty(), hmac.is_empty()) {
            (true, true) => issuer,
            (true, false) => issuer.algorithms(hmac),
            (false, _) => issuer.algorithms(public),
        }
    }

    /// Returns one key for each HMAC algorithm of `--algorithms`, or one for HS256 if there is
    /// none. A key belongs to one algorithm, and the file does not say which.
    fn secret_keys(&self, secret: &Secret) -> Result<KeySet, ConfigError> {
        let hmac: Vec<_> = self
            .algorithms
            .iter()
            .copied()
            .filter(|algorithm| algorithm.is_symmetric())
            .collect();
        let algorithms = if hmac.is_empty() {
            vec![Algorithm::HS256]
        } else {
            hmac
        };
        algorithms
            .into_iter()
            .map(|algorithm| Key::from_secret(algorithm, secret))
            .collect()
    }
}

/// Returns whether `typ` is that of RFC 9068 access tokens (§2.1). Case does not matter, and the
/// prefix `application/` is optional (RFC 7515 §4.1.9).
fn is_access_token(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.as_str(), "at+jwt" | "application/at+jwt")
}
