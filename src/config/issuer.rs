//! Trusted issuers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::algorithm_name::AlgorithmName;
use super::audience::AudienceConfig;
use super::duration::Time;
use super::introspection::IntrospectionConfig;
use super::jwks_cache::JwksCacheConfig;
use super::location::{At as _, invalid, only_one};
use super::secret_value::SecretValue;
use super::secrets::{Secrets, SecretsConfig, secrets_table};
use super::set::{set, turn_on};
use super::tenants::TenantsConfig;
use super::url_text::UrlText;
use crate::{Audience, ConfigError, Issuer, KeyFile, KeyFileBuilder};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is independent")]
pub(super) struct IssuerConfig {
    issuer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<AudienceConfig>,
    #[serde(default)]
    discovery: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_url: Option<UrlText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<UrlText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pem_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file_interval: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithms: Option<Vec<AlgorithmName>>,
    #[serde(default)]
    allow_missing_issuer: bool,
    #[serde(default)]
    allow_numeric_subject: bool,
    #[serde(default)]
    allow_id_tokens: bool,
    #[serde(default)]
    dangerous_accept_bound_as_bearer: bool,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "secrets_table"
    )]
    secrets: Option<SecretsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introspection: Option<IntrospectionConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenants: Option<TenantsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_cache: Option<JwksCacheConfig>,
    #[serde(
        default,
        skip_serializing,
        alias = "shared_secret",
        alias = "client_secret",
        alias = "hmac_secret",
        alias = "key",
        alias = "password",
        alias = "token",
        alias = "value"
    )]
    secret: SecretValue,
}

impl IssuerConfig {
    /// `path` is that of the table. `has_resource`: the layer has the metadata of a resource, whose
    /// identifier is the default audience.
    pub(super) fn issuer(mut self, path: &str, has_resource: bool) -> Result<Issuer, ConfigError> {
        let names =
            "secret, shared_secret, client_secret, hmac_secret, key, password, token or value";
        self.secret.reject(path, names)?;
        let audience = match self.audience.take() {
            Some(audience) => audience.audience(&format!("{path}.audience"))?,
            None if has_resource => Audience::resource(),
            None => {
                let problem = "is missing: must name this service, as `aud` of its tokens does";
                return Err(invalid(&format!("{path}.audience"), problem));
            }
        };
        let issuer = self.keys(audience, path)?;
        let issuer = match self.algorithms {
            Some(names) => issuer.algorithms(names.into_iter().map(|name| name.0)),
            None => issuer,
        };
        set!(issuer, self, metadata_url);
        turn_on!(issuer, self, allow_missing_issuer, allow_numeric_subject);
        turn_on!(
            issuer,
            self,
            allow_id_tokens,
            dangerous_accept_bound_as_bearer
        );
        let issuer = match self.tenants {
            Some(tenants) => issuer.tenants(tenants.tenants()),
            None => issuer,
        };
        Ok(match self.jwks_cache {
            Some(settings) => issuer.jwks_cache(settings.settings()),
            None => issuer,
        })
    }

    /// Returns the issuer with its keys. Takes the settings that say where they are.
    fn keys(&mut self, audience: Audience, path: &str) -> Result<Issuer, ConfigError> {
        let given = [
            ("discovery", self.discovery),
            ("jwks_uri", self.jwks_uri.is_some()),
            ("jwks_file", self.jwks_file.is_some()),
            ("pem_file", self.pem_file.is_some()),
            ("introspection", self.introspection.is_some()),
        ];
        let given = only_one(path, &given)?;
        let is_of_file = matches!(given, Some("jwks_file" | "pem_file"));
        if self.key_file_interval.is_some() && !is_of_file {
            let problem = "has no effect without jwks_file or pem_file: remove it";
            return Err(invalid(&format!("{path}.key_file_interval"), problem));
        }
        let secrets = self.secrets.take();
        let secrets = secrets.map(|secrets| secrets.read(&format!("{path}.secrets")));
        match (given, secrets.transpose()?) {
            (None, Some(secrets)) => Ok(secrets.issuer(&self.issuer, audience)),
            (given, secrets) => {
                let issuer = self.other_keys(given, audience, path)?;
                beside(issuer, secrets, path)
            }
        }
    }

    /// Returns the issuer with its keys other than secrets.
    fn other_keys(
        &mut self,
        given: Option<&str>,
        audience: Audience,
        path: &str,
    ) -> Result<Issuer, ConfigError> {
        let name = self.issuer.as_str();
        let file = [
            self.jwks_file.take().map(KeyFile::watch_jwks),
            self.pem_file.take().map(KeyFile::watch_pem),
        ];
        if let Some(file) = file.into_iter().flatten().next() {
            let file = watched(file, self.key_file_interval, path, given)?;
            return Ok(Issuer::from_key_source(name, file, audience));
        }
        if let Some(introspection) = self.introspection.take() {
            return introspection.issuer(name, audience, &format!("{path}.introspection"));
        }
        Ok(match self.jwks_uri.take() {
            Some(url) => Issuer::jwks(name, url, audience),
            None => Issuer::discovery(name, audience),
        })
    }
}

/// Adds secrets beside other keys.
fn beside(issuer: Issuer, secrets: Option<Secrets>, path: &str) -> Result<Issuer, ConfigError> {
    match secrets {
        None => Ok(issuer),
        Some(Secrets::Key(key)) => Ok(issuer.add_secrets(key)),
        Some(Secrets::Watched(_)) => {
            let problem = "can't be watched beside other keys: use secrets.file or secrets.env";
            Err(invalid(&format!("{path}.secrets"), problem))
        }
    }
}

fn watched(
    file: KeyFileBuilder,
    interval: Option<Time>,
    path: &str,
    setting: Option<&str>,
) -> Result<KeyFile, ConfigError> {
    let file = match interval {
        Some(interval) => file.interval(interval.into()),
        None => file,
    };
    let setting = setting.unwrap_or("jwks_file");
    file.build().at(&format!("{path}.{setting}"))
}
