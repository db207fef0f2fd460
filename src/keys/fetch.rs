//! One fetch of a JWK set.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use http::{Request, Response, StatusCode, Uri};

use super::cached::CacheSettings;
use super::client::HttpClient;
use super::discovery::Discovery;
use crate::config_error::ConfigError;
use crate::jwk::KeySet;

/// Why a fetch brought no keys.
#[derive(Debug)]
pub(crate) enum FetchError {
    /// The client failed: no connection, a reset, TLS.
    Transport(Box<dyn StdError + Send + Sync>),
    /// Another status than 200, a redirect among them; `Retry-After`, if the answer says so.
    Status(StatusCode, Option<Duration>),
    TooLarge,
    TimedOut,
    /// The client did.
    Panicked,
    /// Not a JWK set with a usable key.
    Unusable(ConfigError),
    /// Not metadata of the configured issuer.
    Metadata(&'static str),
    /// There is no runtime to fetch on, or it was shut down.
    NoRuntime,
    /// There are so many who wait that nobody else may.
    Crowded,
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(_) => f.write_str("the issuer could not be reached"),
            Self::Status(status, _) => {
                write!(f, "the issuer answered with status {}", status.as_u16())
            }
            Self::TooLarge => f.write_str("the issuer's answer is too large"),
            Self::TimedOut => f.write_str("the issuer did not answer in time"),
            Self::Panicked => f.write_str("the HTTP client panicked"),
            Self::Unusable(error) => write!(f, "the issuer's answer is unusable: {error}"),
            Self::Metadata(reason) => write!(f, "the issuer's metadata {reason}"),
            Self::NoRuntime => {
                f.write_str("keys are fetched on a tokio runtime, and there is none")
            }
            Self::Crowded => f.write_str("too many requests wait for the issuer's keys"),
        }
    }
}

impl StdError for FetchError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Transport(source) => Some(&**source),
            Self::Unusable(source) => Some(source),
            _ => None,
        }
    }
}

/// What is fetched.
pub(crate) enum Target {
    /// A JWK set at a URL.
    Url(Uri),
    /// Whatever JWK set the issuer's metadata names.
    Discovery(Box<Discovery>),
}

/// The entity tag of an answer. It means something only where the answer came from (RFC 9110 §8.8.3).
#[derive(Clone, Debug)]
pub(super) struct Validator {
    url: Uri,
    etag: HeaderValue,
}

/// A JWK set as it came.
pub(super) struct Answer {
    pub(super) url: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What a fetch brought.
pub(super) enum Fetched {
    New {
        keys: KeySet,
        answer: Answer,
    },
    /// The set is the one that the validator is of.
    Unchanged {
        headers: HeaderMap,
    },
}

impl Answer {
    pub(super) fn validator(&self) -> Option<Validator> {
        let etag = self
            .headers
            .get(ETAG)
            .filter(|etag| etag.len() <= 256)
            .cloned()?;
        Some(Validator {
            url: self.url.clone(),
            etag,
        })
    }
}

impl Target {
    /// Where the keys come from.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Url(url) => url.to_string(),
            Self::Discovery(_) => "discovery".to_owned(),
        }
    }

    /// Lets the next fetch ask anew where the set is.
    pub(super) fn forget(&self) {
        if let Self::Discovery(discovery) = self {
            discovery.forget();
        }
    }

    /// Why the metadata was of no use when it was last asked for.
    pub(super) fn metadata_error(&self) -> Option<String> {
        match self {
            Self::Url(_) => None,
            Self::Discovery(discovery) => discovery.last_error(),
        }
    }

    /// Fetches the JWK set, unless it still is the one with the validator.
    pub(super) async fn fetch(
        &self,
        client: &HttpClient,
        validator: Option<&Validator>,
        settings: &CacheSettings,
    ) -> Result<Fetched, FetchError> {
        match self {
            Self::Url(url) => fetch_set(client, url, validator, settings.largest_body()).await,
            Self::Discovery(discovery) => {
                let url = discovery.jwks_uri(client, settings).await?;
                fetch_set(client, &url, validator, settings.largest_body()).await
            }
        }
    }
}

async fn fetch_set(
    client: &HttpClient,
    url: &Uri,
    validator: Option<&Validator>,
    limit: usize,
) -> Result<Fetched, FetchError> {
    let etag = validator
        .filter(|validator| validator.url == *url)
        .map(|validator| &validator.etag);
    let (head, body) = get(client, url, etag, limit).await?.into_parts();
    if head.status == StatusCode::NOT_MODIFIED && etag.is_some() {
        return Ok(Fetched::Unchanged {
            headers: head.headers,
        });
    }
    check_status(head.status, &head.headers)?;
    let keys = KeySet::from_response(&body).map_err(FetchError::Unusable)?;
    Ok(Fetched::New {
        keys,
        answer: Answer {
            url: url.clone(),
            headers: head.headers,
            body,
        },
    })
}

pub(super) async fn get(
    client: &HttpClient,
    url: &Uri,
    etag: Option<&HeaderValue>,
    limit: usize,
) -> Result<Response<Bytes>, FetchError> {
    let mut request = Request::get(url.clone())
        .header(ACCEPT, "application/json, application/jwk-set+json")
        .body(())
        .map_err(|error| FetchError::Transport(error.into()))?;
    if let Some(etag) = etag {
        request.headers_mut().insert(IF_NONE_MATCH, etag.clone());
    }
    client.get(request, limit).await
}

/// Anything but 200 is a failure: a redirect could lead to keys of somebody else's.
pub(super) fn check_status(status: StatusCode, headers: &HeaderMap) -> Result<(), FetchError> {
    if status == StatusCode::OK {
        return Ok(());
    }
    let asked = headers
        .get(RETRY_AFTER)
        .and_then(|value| retry_after(value.to_str().ok()?.trim()));
    Err(FetchError::Status(status, asked))
}

/// Seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(value: &str) -> Option<Duration> {
    let until = |date: SystemTime| date.duration_since(SystemTime::now()).ok();
    value
        .parse()
        .map(Duration::from_secs)
        .ok()
        .or_else(|| until(httpdate::parse_http_date(value).ok()?))
}
