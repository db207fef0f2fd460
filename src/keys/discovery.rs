//! From an issuer to its JWK set: OpenID Connect Discovery §4, else RFC 8414 §3.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{StatusCode, Uri};
use serde::Deserialize;
use tokio::time::Instant;

use super::cached::{Lifetime, after};
use super::client::HttpClient;
use super::fetch::{FetchError, check_status, get};
use super::url::{is_https, secure_url};
use crate::config_error::{ConfigError, ConfigErrorKind};

/// Where an issuer says that its keys are.
pub(crate) struct Discovery {
    issuer: String,
    https: bool,
    /// OpenID Connect first, RFC 8414 second.
    documents: [Uri; 2],
    known: Mutex<Option<Known>>,
}

struct Known {
    jwks_uri: Uri,
    until: Instant,
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
            return Err(ConfigError::new(ConfigErrorKind::InvalidUrl, "an issuer has neither query nor fragment"));
        }
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let path = url.path().trim_end_matches('/');
        let origin = base.strip_suffix(path).unwrap_or(base);
        let documents = [
            secure_url(&format!("{base}/.well-known/openid-configuration"))?,
            secure_url(&format!("{origin}/.well-known/oauth-authorization-server{path}"))?,
        ];
        Ok(Self { issuer: issuer.to_owned(), https: is_https(&url), documents, known: Mutex::new(None) })
    }

    /// The URL of the JWK set, from metadata that is fetched again when its life has passed.
    pub(super) async fn jwks_uri(&self, client: &HttpClient, limit: usize) -> Result<Uri, FetchError> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let [openid, oauth] = &self.documents;
        let (jwks_uri, life) = match self.read(client, openid, limit).await {
            // Not an OpenID provider; perhaps an OAuth authorization server.
            Err(FetchError::Status(status, _))
                if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS =>
            {
                self.read(client, oauth, limit).await?
            }
            answer => answer?,
        };
        let known = Known { jwks_uri: jwks_uri.clone(), until: after(Instant::now(), life) };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(jwks_uri)
    }

    pub(super) fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn known(&self) -> Option<Uri> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| Instant::now() < known.until).map(|known| known.jwks_uri.clone())
    }

    async fn read(&self, client: &HttpClient, url: &Uri, limit: usize) -> Result<(Uri, Duration), FetchError> {
        let (head, body) = get(client, url, None, limit).await?.into_parts();
        check_status(head.status, &head.headers)?;
        let metadata: Metadata =
            serde_json::from_slice(&body).map_err(|_| FetchError::Metadata("is not what RFC 8414 describes"))?;
        let life = Lifetime::default().of(&head.headers);
        self.check(&metadata).map(|jwks_uri| (jwks_uri, life))
    }

    /// Metadata of somebody else would let him sign for the issuer (RFC 8414 §3.3).
    fn check(&self, metadata: &Metadata) -> Result<Uri, FetchError> {
        if metadata.issuer != self.issuer {
            return Err(FetchError::Metadata("names another issuer"));
        }
        let url = secure_url(&metadata.jwks_uri).map_err(|_| FetchError::Metadata("names no secure jwks_uri"))?;
        if self.https && !is_https(&url) {
            return Err(FetchError::Metadata("of an https issuer names a jwks_uri without https"));
        }
        Ok(url)
    }
}
