//! Opaque tokens.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::duration::Time;
use super::location::{At as _, invalid, only_one};
use super::secret_value::SecretValue;
use super::set::{set, set_times, turn_on};
use super::url_text::UrlText;
use super::variable::secret_in_variable;
use crate::{
    Audience, ConfigError, IntrospectionCredentials, IntrospectionSettings, Issuer, Secret,
    SecretEncoding,
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct IntrospectionConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<UrlText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bearer_token_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_method: Option<AuthMethod>,
    introspect_jwts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_token_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_token_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_lifetime: Option<Time>,
    allow_missing_audience: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ttl: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_negative_ttl: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_cache_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_if_error: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_body_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrent: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_queued: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_responses: Option<SignedResponses>,
    #[serde(
        skip_serializing,
        alias = "secret",
        alias = "bearer_token",
        alias = "token",
        alias = "password",
        alias = "key",
        alias = "value"
    )]
    client_secret: SecretValue,
}

/// How this service authenticates, by the names of RFC 8414 §2 where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AuthMethod {
    ClientSecret,
    ClientSecretBasic,
    ClientSecretPost,
    BearerToken,
    MutualTls,
    None,
}

impl AuthMethod {
    const fn name(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::BearerToken => "bearer_token",
            Self::MutualTls => "mutual_tls",
            Self::None => "none",
        }
    }

    /// Rejects a secret that the method does not use, and a missing one. `given` is the setting
    /// with the secret.
    fn check(self, given: Option<&str>, path: &str) -> Result<(), ConfigError> {
        let (fits, problem) = match self {
            Self::BearerToken => (
                given == Some("bearer_token_file"),
                "needs bearer_token_file",
            ),
            Self::MutualTls | Self::None => (
                given.is_none(),
                "excludes client_secret_file, client_secret_env and bearer_token_file",
            ),
            Self::ClientSecret | Self::ClientSecretBasic | Self::ClientSecretPost => (
                given.is_some_and(|name| name != "bearer_token_file"),
                "needs client_secret_file or client_secret_env",
            ),
        };
        if fits {
            return Ok(());
        }
        let setting = format!("{path}.auth_method is {:?}", self.name());
        Err(invalid(&setting, problem))
    }
}

/// Whose keys verify signed responses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedResponses {
    audience: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<UrlText>,
}

impl IntrospectionConfig {
    /// Returns the issuer with this name.
    pub(super) fn issuer(
        self,
        name: &str,
        audience: Audience,
        path: &str,
    ) -> Result<Issuer, ConfigError> {
        let names = "client_secret, secret, bearer_token, token, password, key or value";
        self.client_secret.reject(path, names)?;
        let credentials = self.credentials(path)?;
        let issuer = match self.url.clone() {
            Some(url) => Issuer::introspection(name, url, credentials, audience),
            None => Issuer::introspection_discovery(name, credentials, audience),
        };
        Ok(issuer.introspection_settings(self.settings(name)))
    }

    fn settings(self, name: &str) -> IntrospectionSettings {
        let settings = IntrospectionSettings::default();
        turn_on!(settings, self, introspect_jwts, allow_missing_audience);
        set!(settings, self, token_prefix, max_cache_bytes, max_body_len);
        set!(settings, self, max_concurrent, max_queued);
        set_times!(settings, self, default_lifetime, max_ttl, max_negative_ttl);
        set_times!(settings, self, stale_if_error, timeout);
        let (min, max) = (self.min_token_len, self.max_token_len);
        let settings = settings.token_len(min.unwrap_or(1)..=max.unwrap_or(usize::MAX));
        match self.signed_responses {
            Some(signer) => settings.signed_responses(signer.issuer(name)),
            None => settings,
        }
    }

    fn credentials(&self, path: &str) -> Result<IntrospectionCredentials, ConfigError> {
        let given = [
            ("client_secret_file", self.client_secret_file.is_some()),
            ("client_secret_env", self.client_secret_env.is_some()),
            ("bearer_token_file", self.bearer_token_file.is_some()),
        ];
        let given = only_one(path, &given)?;
        let method = match (self.auth_method, given) {
            (Some(method), _) => method,
            (None, Some("bearer_token_file")) => AuthMethod::BearerToken,
            (None, Some(_)) => AuthMethod::ClientSecret,
            (None, None) => {
                let problem = "must be set, to \"none\" or \"mutual_tls\", without \
                               client_secret_file, client_secret_env and bearer_token_file";
                return Err(invalid(&format!("{path}.auth_method"), problem));
            }
        };
        self.credentials_by(method, given, path)
    }

    fn credentials_by(
        &self,
        method: AuthMethod,
        given: Option<&str>,
        path: &str,
    ) -> Result<IntrospectionCredentials, ConfigError> {
        let id = || {
            let id = self.client_id.clone();
            id.ok_or_else(|| {
                let problem = "is missing: must be the id of this service at the issuer";
                invalid(&format!("{path}.client_id"), problem)
            })
        };
        let secret = || self.client_secret(path);
        method.check(given, path)?;
        Ok(match method {
            AuthMethod::ClientSecret => IntrospectionCredentials::client_secret(id()?, secret()?),
            AuthMethod::ClientSecretBasic => {
                IntrospectionCredentials::client_secret_basic(id()?, secret()?)
            }
            AuthMethod::ClientSecretPost => {
                IntrospectionCredentials::client_secret_post(id()?, secret()?)
            }
            AuthMethod::BearerToken => {
                let file = self.bearer_token_file.as_deref();
                let token = from_file(file.unwrap_or(Path::new("")), path, "bearer_token_file");
                IntrospectionCredentials::bearer_token(token?)
            }
            AuthMethod::MutualTls => {
                self.check_proxy(path)?;
                IntrospectionCredentials::mutual_tls(id()?)
            }
            AuthMethod::None => IntrospectionCredentials::none(),
        })
    }

    /// The default HTTP client has no certificate, and another one can't be set in a configuration:
    /// a proxy presents it. `http` is allowed on loopback only, which the issuer checks.
    fn check_proxy(&self, path: &str) -> Result<(), ConfigError> {
        if self.url.as_ref().is_some_and(UrlText::is_http) {
            return Ok(());
        }
        let setting = format!("{path}.auth_method is {:?}", AuthMethod::MutualTls.name());
        let problem = "needs a url on loopback, such as \"http://127.0.0.1:8443/introspect\", of a \
                       proxy that presents the client certificate (without one: build the issuer \
                       in code, with an http_client)";
        Err(invalid(&setting, problem))
    }

    fn client_secret(&self, path: &str) -> Result<String, ConfigError> {
        let Some(name) = &self.client_secret_env else {
            let file = self.client_secret_file.as_deref();
            return from_file(file.unwrap_or(Path::new("")), path, "client_secret_file");
        };
        let path = format!("{path}.client_secret_env");
        text(
            &secret_in_variable(name, SecretEncoding::Raw, &path)?,
            &path,
        )
    }
}

fn from_file(file: &Path, path: &str, setting: &str) -> Result<String, ConfigError> {
    let path = format!("{path}.{setting}");
    text(&Secret::from_file(file).at(&path)?, &path)
}

/// The credentials wipe the text.
fn text(secret: &Secret, path: &str) -> Result<String, ConfigError> {
    let text = std::str::from_utf8(secret.as_ref());
    let text = text.map_err(|_| invalid(path, "the secret must be UTF-8"))?;
    Ok(text.to_owned())
}

impl SignedResponses {
    fn issuer(self, name: &str) -> Issuer {
        match self.jwks_uri {
            Some(url) => Issuer::jwks(name, url, self.audience),
            None => Issuer::discovery(name, self.audience),
        }
    }
}
