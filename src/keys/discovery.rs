//! From an issuer to its JWK set: OpenID Connect Discovery §4, else RFC 8414 §3.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{StatusCode, Uri};
use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::cached::{CacheSettings, after};
use super::client::HttpClient;
use super::fetch::{FetchError, check_status, get};
use super::url::{is_https, secure_url};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::json;

/// Where an issuer says that its keys are.
pub(crate) struct Discovery {
    issuer: String,
    https: bool,
    /// OpenID Connect first, RFC 8414 second.
    documents: [Uri; 2],
    known: Mutex<Option<Known>>,
    /// Why the metadata was of no use when it was last asked for.
    error: Mutex<Option<String>>,
}

#[derive(Clone)]
struct Known {
    jwks_uri: Uri,
    /// From here on it is asked for again.
    until: Instant,
    /// From here on it is no longer used, even if nobody answers.
    end: Instant,
}

/// The members of the metadata that matter here.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    /// # Errors
    /// If the issuer is not an `https` URL (or one of loopback) without query and fragment (RFC 8414 §2).
    pub(crate) fn new(issuer: &str) -> Result<Self, ConfigError> {
        let url = secure_url(issuer)?;
        if issuer.contains(['?', '#']) {
            return Err(ConfigError::new(
                ConfigErrorKind::InvalidUrl,
                "an issuer has neither query nor fragment",
            ));
        }
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let path = url.path().trim_end_matches('/');
        let origin = base.strip_suffix(path).unwrap_or(base);
        let documents = [
            secure_url(&format!("{base}/.well-known/openid-configuration"))?,
            secure_url(&format!(
                "{origin}/.well-known/oauth-authorization-server{path}"
            ))?,
        ];
        Ok(Self {
            issuer: issuer.to_owned(),
            https: is_https(&url),
            documents,
            known: Mutex::new(None),
            error: Mutex::new(None),
        })
    }

    /// The URL of the JWK set, from metadata that is fetched again when its life has passed. Where that fails, the last
    /// good one serves on for as long as any answer may live.
    pub(super) async fn jwks_uri(
        &self,
        client: &HttpClient,
        settings: &CacheSettings,
    ) -> Result<Uri, FetchError> {
        let known = self.known();
        let now = Instant::now();
        if let Some(known) = known.as_ref().filter(|known| now < known.until) {
            return Ok(known.jwks_uri.clone());
        }
        let last_good = known
            .filter(|known| now < known.end)
            .map(|known| known.jwks_uri);
        // With something to fall back on, half of the time is left for the set itself.
        let time = if last_good.is_some() {
            settings.half_a_fetch()
        } else {
            Duration::MAX
        };
        let answer = timeout(time, self.ask(client, settings))
            .await
            .unwrap_or(Err(FetchError::TimedOut));
        self.note(answer.as_ref().err());
        match (answer, last_good) {
            (Ok((jwks_uri, life)), _) => {
                self.know(&jwks_uri, life, settings);
                Ok(jwks_uri)
            }
            (Err(_), Some(last_good)) => Ok(last_good),
            (Err(error), None) => Err(error),
        }
    }

    /// What is known is no longer sure.
    pub(super) fn forget(&self) {
        if let Some(known) = &mut *self.lock() {
            known.until = Instant::now();
        }
    }

    pub(super) fn last_error(&self) -> Option<String> {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, error: Option<&FetchError>) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = error.map(ToString::to_string);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Option<Known> {
        self.lock().clone()
    }

    fn know(&self, jwks_uri: &Uri, life: Duration, settings: &CacheSettings) {
        let until = after(Instant::now(), life);
        let end = after(until, settings.lifetime().longest());
        *self.lock() = Some(Known {
            jwks_uri: jwks_uri.clone(),
            until,
            end,
        });
    }

    /// OpenID Connect's document, else that of an OAuth authorization server.
    async fn ask(
        &self,
        client: &HttpClient,
        settings: &CacheSettings,
    ) -> Result<(Uri, Duration), FetchError> {
        let [openid, oauth] = &self.documents;
        match self.read(client, openid, settings).await {
            Err(FetchError::Status(status, _)) if is_absent(status) => {
                self.read(client, oauth, settings).await
            }
            answer => answer,
        }
    }

    async fn read(
        &self,
        client: &HttpClient,
        url: &Uri,
        settings: &CacheSettings,
    ) -> Result<(Uri, Duration), FetchError> {
        let (head, body) = get(client, url, None, settings.largest_body())
            .await?
            .into_parts();
        check_status(head.status, &head.headers)?;
        let metadata: Metadata =
            json::object(&body).ok_or(FetchError::Metadata("is not what RFC 8414 describes"))?;
        let life = settings.lifetime().of(&head.headers);
        self.check(&metadata).map(|jwks_uri| (jwks_uri, life))
    }

    /// Metadata of somebody else would let him sign for the issuer (RFC 8414 §3.3).
    fn check(&self, metadata: &Metadata) -> Result<Uri, FetchError> {
        if metadata.issuer != self.issuer {
            return Err(FetchError::Metadata("names another issuer"));
        }
        let url = secure_url(&metadata.jwks_uri)
            .map_err(|_| FetchError::Metadata("names no secure jwks_uri"))?;
        if self.https && !is_https(&url) {
            return Err(FetchError::Metadata(
                "of an https issuer names a jwks_uri without https",
            ));
        }
        Ok(url)
    }
}

/// Whether there is no such document, rather than no answer now.
fn is_absent(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
}
