//! One fetch of a JWK set.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, RETRY_AFTER,
};
use http::{Request, Response, StatusCode, Uri};

use super::discovery::Discovery;
use super::fetch_error::FetchError;
use super::fetch_state::FetchReason;
use super::http_client::HttpClient;
use super::settings::JwksCacheSettings;
use crate::jwk::KeySet;

/// The maximum length of an entity tag that is stored and sent back, in bytes. Bounds the memory
/// and the request header that an issuer can cause.
const MAX_ETAG_LEN: usize = 256;

/// What the requests of one fetch need.
pub(super) struct Fetcher<'f> {
    pub(super) client: &'f HttpClient,
    pub(super) settings: &'f JwksCacheSettings,
    pub(super) reason: FetchReason,
}

/// The location of a JWK set.
pub(crate) enum JwksLocation {
    Url(Uri),
    /// The `jwks_uri` of the issuer's metadata.
    Discovery(Box<Discovery>),
}

/// The entity tag of a response, valid only for the URL that it came from (RFC 9110 §8.8.3).
#[derive(Clone, Debug)]
pub(super) struct Validator {
    url: Uri,
    etag: HeaderValue,
}

/// A response with a JWK set.
pub(super) struct JwksResponse {
    url: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The result of a successful fetch.
pub(super) enum Fetched {
    New {
        keys: KeySet,
        response: JwksResponse,
    },
    /// The JWK set is still the one that the validator belongs to.
    Unchanged { headers: HeaderMap },
}

impl JwksResponse {
    pub(super) fn validator(&self) -> Option<Validator> {
        let etag = self.headers.get(ETAG)?;
        (etag.len() <= MAX_ETAG_LEN).then(|| Validator {
            url: self.url.clone(),
            etag: etag.clone(),
        })
    }
}

impl JwksLocation {
    /// Returns the source that a snapshot file records.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Url(url) => url.to_string(),
            Self::Discovery(discovery) => discovery.name(),
        }
    }

    /// Makes the next fetch read the metadata again.
    pub(super) fn invalidate(&self) {
        if let Self::Discovery(discovery) = self {
            discovery.invalidate();
        }
    }

    /// Returns the error of the last attempt to read the metadata, if it failed.
    pub(super) fn metadata_error(&self) -> Option<String> {
        match self {
            Self::Url(_) => None,
            Self::Discovery(discovery) => discovery.last_error(),
        }
    }

    /// Fetches the JWK set, unless it still is the one that the validator belongs to.
    pub(super) async fn fetch(
        &self,
        fetcher: &Fetcher<'_>,
        validator: Option<&Validator>,
    ) -> Result<Fetched, FetchError> {
        match self {
            Self::Url(url) => fetch_jwks(fetcher, url, validator).await,
            Self::Discovery(discovery) => {
                let found = discovery.locate(fetcher).await?;
                fetch_jwks(fetcher, &found.url, validator).await
            }
        }
    }
}

async fn fetch_jwks(
    fetcher: &Fetcher<'_>,
    url: &Uri,
    validator: Option<&Validator>,
) -> Result<Fetched, FetchError> {
    let etag = validator
        .filter(|validator| validator.url == *url)
        .map(|validator| &validator.etag);
    let (parts, body) = fetcher.get(url, etag).await?.into_parts();
    if parts.status == StatusCode::NOT_MODIFIED && etag.is_some() {
        return Ok(Fetched::Unchanged {
            headers: parts.headers,
        });
    }
    check_status(parts.status, &parts.headers)?;
    let keys = KeySet::from_response(&body, fetcher.settings.max_candidates)
        .map_err(|set| encoded(&parts.headers).unwrap_or(FetchError::Unusable(set)))?;
    Ok(Fetched::New {
        keys,
        response: JwksResponse {
            url: url.clone(),
            headers: parts.headers,
            body,
        },
    })
}

impl Fetcher<'_> {
    /// Sends a GET request for JSON, conditional on `etag` if there is one.
    pub(super) async fn get(
        &self,
        url: &Uri,
        etag: Option<&HeaderValue>,
    ) -> Result<Response<Bytes>, FetchError> {
        let mut request = Request::get(url.clone())
            .header(ACCEPT, "application/json, application/jwk-set+json")
            // Without it, any encoding would be acceptable (RFC 9110 §12.5.3).
            .header(ACCEPT_ENCODING, "identity")
            .body(())
            .map_err(|error| FetchError::Transport(error.into()))?;
        let headers = request.headers_mut();
        if let Some(etag) = etag {
            headers.insert(IF_NONE_MATCH, etag.clone());
        }
        if self.reason == FetchReason::Forced {
            // A cache on the way may have stored the set before the key was published (RFC 9111
            // §5.2.1.4).
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        self.client.get(request, self.settings.max_body_len).await
    }
}

/// Returns the error for a body that could not be read, if it is encoded.
pub(crate) fn encoded(headers: &HeaderMap) -> Option<FetchError> {
    let encoding = headers.get(CONTENT_ENCODING)?.to_str().ok()?;
    let is_encoded = !encoding.eq_ignore_ascii_case("identity");
    is_encoded.then(|| FetchError::Encoded(encoding.to_owned()))
}

/// Rejects every status but 200. A redirect could lead to the keys of another party.
pub(crate) fn check_status(status: StatusCode, headers: &HeaderMap) -> Result<(), FetchError> {
    if status == StatusCode::OK {
        return Ok(());
    }
    let retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| retry_after(value.to_str().ok()?.trim()));
    Err(FetchError::Status(status, retry_after))
}

/// Parses a number of seconds or a date (RFC 9110 §10.2.3).
fn retry_after(value: &str) -> Option<Duration> {
    let until = |date: SystemTime| date.duration_since(SystemTime::now()).ok();
    value
        .parse()
        .map(Duration::from_secs)
        .ok()
        .or_else(|| until(httpdate::parse_http_date(value).ok()?))
}
