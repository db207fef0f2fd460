//! The metadata of an issuer, which names its JWK set and its introspection endpoint (OpenID
//! Connect Discovery §4, RFC 8414 §3).

use std::sync::Mutex;
use std::time::Duration;

use http::Uri;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout};

use super::fetch::{Fetcher, check_status, encoded};
use super::fetch_error::FetchError;
use super::fetch_state::FetchReason;
use super::http_client::HttpClient;
use super::key_host::reason_to_reject;
use super::settings::JwksCacheSettings;
use super::shown::with_causes;
use super::url::{is_https, secure_url, without_secrets};
use super::well_known::well_known;
use super::{after, lock};
use crate::config_error::ConfigError;
use crate::encoding::json;

/// The metadata of one issuer.
pub(crate) struct Discovery {
    issuer: String,
    wanted: Wanted,
    /// Where the metadata may be, in the order in which it is looked for. All are on one server.
    documents: Vec<Uri>,
    /// Whether `documents` is a URL that was configured, and not derived from the issuer.
    is_configured: bool,
    cached: Mutex<Option<CachedMetadata>>,
    /// The error of the last attempt to read the metadata, if it failed.
    last_error: Mutex<Option<String>>,
}

/// The URL of the metadata that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    JwksUri,
    IntrospectionEndpoint {
        /// Whether the client authenticates with a certificate: its alias comes first (RFC 8705 §5).
        mutual_tls: bool,
    },
}

/// What the metadata says about the URL that is needed.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) url: Uri,
    /// Whether a client with a secret has to send it in the body: the introspection endpoint
    /// supports `client_secret_post` and not `client_secret_basic` (RFC 8414 §2).
    pub(crate) is_secret_posted: bool,
}

#[derive(Clone)]
struct CachedMetadata {
    found: Found,
    /// When the metadata is due to be fetched again.
    stale_at: Instant,
    /// When the URL is no longer used, even if fetching the metadata fails.
    expires_at: Instant,
}

/// The members of the metadata that are used.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    #[serde(default)]
    jwks_uri: Option<String>,
    /// The issuer of access tokens where it is another one, in the metadata of AD FS.
    #[serde(default)]
    access_token_issuer: Value,
}

/// The members about introspection, which are read only if they are needed.
#[derive(Default, Deserialize)]
struct IntrospectionMetadata {
    introspection_endpoint: Option<String>,
}

/// The endpoints for clients with a certificate (RFC 8705 §5). Metadata in which they can't be read
/// has none.
#[derive(Deserialize)]
struct MutualTlsMetadata {
    /// A map: a struct could also be read from an array.
    mtls_endpoint_aliases: Map<String, Value>,
}

/// The methods of client authentication. Metadata in which they can't be read has none.
#[derive(Default, Deserialize)]
struct AuthMethods {
    #[serde(default)]
    introspection_endpoint_auth_methods_supported: Vec<String>,
}

impl Discovery {
    /// Derives the URLs of an issuer's metadata: those of [`well_known`], or `metadata_url`.
    /// Fetches nothing.
    ///
    /// # Errors
    ///
    /// If a URL is not secure: see [`secure_url`]. Without `metadata_url`, if the issuer has a
    /// query or fragment (RFC 8414 §2).
    pub(crate) fn new(
        issuer: &str,
        wanted: Wanted,
        metadata_url: Option<&str>,
        http_hosts: &[String],
    ) -> Result<Self, ConfigError> {
        let documents = match metadata_url {
            Some(url) => vec![secure_url("metadata_url", url, http_hosts)?],
            None => well_known(issuer, http_hosts)?,
        };
        Ok(Self {
            issuer: issuer.to_owned(),
            wanted,
            documents,
            is_configured: metadata_url.is_some(),
            cached: Mutex::new(None),
            last_error: Mutex::new(None),
        })
    }

    /// Returns the source that a snapshot file records.
    pub(super) fn name(&self) -> String {
        match self.documents.as_slice() {
            [url] if self.is_configured => format!("discovery at {url}"),
            _ => "discovery".to_owned(),
        }
    }

    /// Returns the introspection endpoint, from cached metadata as [`locate`](Self::locate) does.
    pub(crate) async fn introspection_endpoint(
        &self,
        client: &HttpClient,
        settings: &JwksCacheSettings,
    ) -> Result<Found, FetchError> {
        let fetcher = Fetcher {
            client,
            settings,
            reason: FetchReason::Scheduled,
        };
        self.locate(&fetcher).await
    }

    /// Returns the URL that is needed, from cached metadata while it is fresh. If the metadata
    /// can't be fetched, the cached URL stays in use for `max_ttl` past the metadata's own TTL.
    pub(super) async fn locate(&self, fetcher: &Fetcher<'_>) -> Result<Found, FetchError> {
        let settings = fetcher.settings;
        let cached = lock(&self.cached).clone();
        let now = Instant::now();
        if let Some(cached) = cached.as_ref().filter(|cached| now < cached.stale_at) {
            return Ok(cached.found.clone());
        }
        let fallback = cached
            .filter(|cached| now < cached.expires_at)
            .map(|cached| cached.found);
        // With a fallback, half of `fetch_timeout` is left for the JWK set itself.
        let time = if fallback.is_some() {
            settings.metadata_timeout()
        } else {
            Duration::MAX
        };
        let outcome = timeout(time, self.fetch(fetcher))
            .await
            .unwrap_or(Err(FetchError::TimedOut));
        *lock(&self.last_error) = outcome.as_ref().err().map(|error| with_causes(error));
        match (outcome, fallback) {
            (Ok((found, ttl)), _) => {
                self.store(&found, ttl, settings);
                Ok(found)
            }
            (Err(_), Some(found)) => Ok(found),
            (Err(error), None) => Err(error),
        }
    }

    /// Makes the cached metadata stale.
    pub(super) fn invalidate(&self) {
        if let Some(cached) = &mut *lock(&self.cached) {
            cached.stale_at = Instant::now();
        }
    }

    pub(super) fn last_error(&self) -> Option<String> {
        lock(&self.last_error).clone()
    }

    fn store(&self, found: &Found, ttl: Duration, settings: &JwksCacheSettings) {
        let stale_at = after(Instant::now(), ttl);
        *lock(&self.cached) = Some(CachedMetadata {
            found: found.clone(),
            stale_at,
            expires_at: after(stale_at, settings.freshness.max_ttl),
        });
    }

    /// Fetches the first document that is metadata of the issuer. Returns what it says and the
    /// TTL.
    async fn fetch(&self, fetcher: &Fetcher<'_>) -> Result<(Found, Duration), FetchError> {
        let mut attempts = Vec::new();
        for url in &self.documents {
            let error = match self.fetch_document(fetcher, url).await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            let is_last = !error.may_be_elsewhere();
            attempts.push((without_secrets(&url.to_string()), error));
            if is_last {
                break;
            }
        }
        Err(FetchError::NoMetadata(attempts))
    }

    async fn fetch_document(
        &self,
        fetcher: &Fetcher<'_>,
        url: &Uri,
    ) -> Result<(Found, Duration), FetchError> {
        let (parts, body) = fetcher.get(url, None).await?.into_parts();
        check_status(parts.status, &parts.headers)?;
        // RFC 8259 §8.1 lets a reader ignore a byte order mark.
        let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&body);
        let metadata: Metadata = json::object(text)
            .ok_or_else(|| encoded(&parts.headers).unwrap_or(FetchError::NotMetadata))?;
        let ttl = fetcher.settings.freshness.ttl_of(&parts.headers);
        let (named, is_secret_posted) = match self.wanted {
            Wanted::JwksUri => (metadata.jwks_uri.clone(), false),
            Wanted::IntrospectionEndpoint { mutual_tls } => {
                let methods = json::object::<AuthMethods>(text).unwrap_or_default();
                (
                    introspection_endpoint(text, mutual_tls),
                    methods.is_secret_posted(),
                )
            }
        };
        let url = self.check(&metadata, named.as_deref(), url, fetcher.settings)?;
        Ok((
            Found {
                url,
                is_secret_posted,
            },
            ttl,
        ))
    }

    /// Returns the URL that the metadata names. Rejects metadata of another issuer: its keys could
    /// sign tokens of this one (RFC 8414 §3.3).
    fn check(
        &self,
        metadata: &Metadata,
        named: Option<&str>,
        url: &Uri,
        settings: &JwksCacheSettings,
    ) -> Result<Uri, FetchError> {
        if !self.is_named_by(metadata) {
            return Err(FetchError::other_issuer(&self.issuer, &metadata.issuer));
        }
        let named = named.ok_or(self.wanted.missing())?;
        let found = secure_url(self.wanted.name(), named, settings.http_hosts())
            .map_err(|_| FetchError::Metadata(self.wanted.invalid()))?;
        if is_https(url) && !is_https(&found) {
            return Err(FetchError::Metadata(self.wanted.insecure()));
        }
        let allowed = settings.allowed_key_hosts.as_deref();
        match reason_to_reject(&found, url, allowed) {
            Some(reason) => Err(FetchError::Metadata(self.wanted.elsewhere(reason))),
            None => Ok(found),
        }
    }

    /// Returns whether metadata names the configured issuer. At a configured URL, it may name it as
    /// the issuer of access tokens.
    fn is_named_by(&self, metadata: &Metadata) -> bool {
        let of_access_tokens = metadata.access_token_issuer.as_str();
        metadata.issuer == self.issuer
            || (self.is_configured && of_access_tokens == Some(&self.issuer))
    }
}

/// Returns the endpoint that metadata names; for mTLS its alias, if there is one (RFC 8705 §5).
fn introspection_endpoint(metadata: &[u8], mutual_tls: bool) -> Option<String> {
    let alias = || {
        let read = json::object::<MutualTlsMetadata>(metadata)?;
        let alias = read.mtls_endpoint_aliases.get("introspection_endpoint");
        alias?.as_str().map(ToOwned::to_owned)
    };
    let alias = mutual_tls.then(alias).flatten();
    alias.or_else(|| {
        let read = json::object::<IntrospectionMetadata>(metadata).unwrap_or_default();
        read.introspection_endpoint
    })
}

impl AuthMethods {
    fn is_secret_posted(&self) -> bool {
        let methods = &self.introspection_endpoint_auth_methods_supported;
        let has = |name| methods.iter().any(|method| method == name);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

/// The texts of errors. Those about the metadata end a sentence that starts with "the issuer's
/// metadata".
impl Wanted {
    const fn name(self) -> &'static str {
        match self {
            Self::JwksUri => "jwks_uri",
            Self::IntrospectionEndpoint { .. } => "introspection_endpoint",
        }
    }

    const fn missing(self) -> FetchError {
        match self {
            Self::JwksUri => FetchError::NotMetadata,
            Self::IntrospectionEndpoint { .. } => {
                FetchError::Metadata("names no introspection_endpoint: use Issuer::introspection")
            }
        }
    }

    const fn invalid(self) -> &'static str {
        match self {
            Self::JwksUri => {
                "names an invalid jwks_uri: must be https (or http on loopback or a host of \
                 allowed_http_hosts for metadata that is fetched over http), without user name and \
                 password"
            }
            Self::IntrospectionEndpoint { .. } => {
                "names an invalid introspection_endpoint: must be https (or http on loopback for \
                 metadata that is fetched over http), without user name and password"
            }
        }
    }

    const fn insecure(self) -> &'static str {
        match self {
            Self::JwksUri => "names an http jwks_uri, though it is fetched over https",
            Self::IntrospectionEndpoint { .. } => {
                "names an http introspection_endpoint, though it is fetched over https"
            }
        }
    }

    const fn elsewhere(self, of_keys: &'static str) -> &'static str {
        match self {
            Self::JwksUri => of_keys,
            Self::IntrospectionEndpoint { .. } => {
                "names an introspection_endpoint on a loopback or link-local address: use \
                 Issuer::introspection"
            }
        }
    }
}
