//! The metadata of an issuer, which names its JWK set: OpenID Connect Discovery §4, or else RFC
//! 8414 §3.

use std::sync::Mutex;
use std::time::Duration;

use http::{StatusCode, Uri};
use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::fetch::{Fetcher, check_status};
use super::fetch_error::FetchError;
use super::key_host::reason_to_reject;
use super::settings::JwksCacheSettings;
use super::url::{invalid_url, is_https, secure_url};
use super::{after, lock};
use crate::config_error::ConfigError;
use crate::encoding::json;

/// The metadata of one issuer.
pub(crate) struct Discovery {
    issuer: String,
    url: Uri,
    /// The URL of OpenID Connect's document, then that of RFC 8414's.
    documents: [Uri; 2],
    cached: Mutex<Option<CachedMetadata>>,
    /// The error of the last attempt to read the metadata, if it failed.
    last_error: Mutex<Option<String>>,
}

#[derive(Clone)]
struct CachedMetadata {
    jwks_uri: Uri,
    /// When the metadata is due to be fetched again.
    stale_at: Instant,
    /// When `jwks_uri` is no longer used, even if fetching the metadata fails.
    expires_at: Instant,
}

/// The members of the metadata that are used.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    /// Derives the URLs of an issuer's metadata. Fetches nothing.
    ///
    /// # Errors
    ///
    /// If the issuer is not an `https` URL (or an `http` one on loopback) without query and
    /// fragment (RFC 8414 §2).
    pub(crate) fn new(issuer: &str) -> Result<Self, ConfigError> {
        let url = secure_url("issuer", issuer)?;
        if issuer.contains(['?', '#']) {
            let allowed = "must have neither query nor fragment (RFC 8414 section 2)";
            return Err(invalid_url("issuer", issuer, allowed));
        }
        // OpenID Connect appends its path to the issuer. RFC 8414 inserts its own before the
        // issuer's.
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let path = url.path().trim_end_matches('/');
        let origin = base.strip_suffix(path).unwrap_or(base);
        let documents = [
            format!("{base}/.well-known/openid-configuration"),
            format!("{origin}/.well-known/oauth-authorization-server{path}"),
        ];
        let [openid, oauth] = documents.map(|document| secure_url("issuer", &document));
        Ok(Self {
            issuer: issuer.to_owned(),
            url,
            documents: [openid?, oauth?],
            cached: Mutex::new(None),
            last_error: Mutex::new(None),
        })
    }

    /// Sets the name that the metadata must have as its issuer, in place of the URL that the metadata
    /// is found below.
    pub(crate) fn of_issuer(self, name: &str) -> Self {
        Self {
            issuer: name.to_owned(),
            ..self
        }
    }

    /// Returns the URL of the JWK set, from cached metadata while it is fresh. If the metadata
    /// can't be fetched, the cached URL stays in use for `max_ttl` past the metadata's own TTL.
    pub(super) async fn jwks_uri(&self, fetcher: &Fetcher<'_>) -> Result<Uri, FetchError> {
        let settings = fetcher.settings;
        let cached = lock(&self.cached).clone();
        let now = Instant::now();
        if let Some(cached) = cached.as_ref().filter(|cached| now < cached.stale_at) {
            return Ok(cached.jwks_uri.clone());
        }
        let fallback = cached
            .filter(|cached| now < cached.expires_at)
            .map(|cached| cached.jwks_uri);
        // With a fallback, half of `fetch_timeout` is left for the JWK set itself.
        let time = if fallback.is_some() {
            settings.metadata_timeout()
        } else {
            Duration::MAX
        };
        let outcome = timeout(time, self.fetch(fetcher))
            .await
            .unwrap_or(Err(FetchError::TimedOut));
        *lock(&self.last_error) = outcome.as_ref().err().map(ToString::to_string);
        match (outcome, fallback) {
            (Ok((jwks_uri, ttl)), _) => {
                self.store(&jwks_uri, ttl, settings);
                Ok(jwks_uri)
            }
            (Err(_), Some(jwks_uri)) => Ok(jwks_uri),
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

    fn store(&self, jwks_uri: &Uri, ttl: Duration, settings: &JwksCacheSettings) {
        let stale_at = after(Instant::now(), ttl);
        *lock(&self.cached) = Some(CachedMetadata {
            jwks_uri: jwks_uri.clone(),
            stale_at,
            expires_at: after(stale_at, settings.freshness.max_ttl),
        });
    }

    /// Fetches OpenID Connect's document, or the one of RFC 8414 if the first one [may be
    /// elsewhere](may_be_elsewhere). Returns the URL of the JWK set and the TTL.
    async fn fetch(&self, fetcher: &Fetcher<'_>) -> Result<(Uri, Duration), FetchError> {
        let [openid, oauth] = &self.documents;
        match self.fetch_document(fetcher, openid).await {
            Err(FetchError::Status(status, _)) if may_be_elsewhere(status) => {
                self.fetch_document(fetcher, oauth).await
            }
            outcome => outcome,
        }
    }

    async fn fetch_document(
        &self,
        fetcher: &Fetcher<'_>,
        url: &Uri,
    ) -> Result<(Uri, Duration), FetchError> {
        let (parts, body) = fetcher.get(url, None).await?.into_parts();
        check_status(parts.status, &parts.headers)?;
        let metadata: Metadata = json::object(&body).ok_or(FetchError::Metadata(
            "is not a JSON object with issuer and jwks_uri",
        ))?;
        let ttl = fetcher.settings.freshness.ttl_of(&parts.headers);
        self.check(&metadata, fetcher.settings)
            .map(|jwks_uri| (jwks_uri, ttl))
    }

    /// Returns the URL of the JWK set. Rejects metadata of another issuer: its keys could sign
    /// tokens of this one (RFC 8414 §3.3).
    fn check(&self, metadata: &Metadata, settings: &JwksCacheSettings) -> Result<Uri, FetchError> {
        if metadata.issuer != self.issuer {
            return Err(FetchError::Metadata("names another issuer"));
        }
        let jwks_uri = secure_url("jwks_uri", &metadata.jwks_uri).map_err(|_| {
            FetchError::Metadata(
                "names an invalid jwks_uri: must be https (http on loopback for an http issuer), \
                 without user name and password",
            )
        })?;
        if is_https(&self.url) && !is_https(&jwks_uri) {
            return Err(FetchError::Metadata(
                "names an http jwks_uri for an https issuer",
            ));
        }
        let allowed = settings.allowed_key_hosts.as_deref();
        match reason_to_reject(&jwks_uri, &self.url, allowed) {
            Some(reason) => Err(FetchError::Metadata(reason)),
            None => Ok(jwks_uri),
        }
    }
}

/// Returns whether the document may be at the other URL: after every 4xx but 429.
fn may_be_elsewhere(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
}
