//! The HTTP client that fetches keys.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tower::{Service, ServiceExt as _};

use super::fetch::FetchError;

type Answer = BoxFuture<'static, Result<Response<Bytes>, FetchError>>;
type Get = dyn Fn(Request<()>, usize) -> Answer + Send + Sync;

/// The HTTP client that fetches keys: feature `reqwest` brings one, any tower service can replace it.
///
/// Put your proxy, TLS roots, retries or metrics into the service. It must not follow redirects. The whole fetch is cut
/// off after [`CacheSettings::fetch_timeout`](crate::CacheSettings::fetch_timeout) whatever the service does, and the
/// body is cut off as it arrives, at [`CacheSettings::body_limit`](crate::CacheSettings::body_limit). A service that
/// panics has failed, and is called again after the usual pause.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use tower_jwt_auth::HttpClient;
///
/// // A service that answers by itself; a hyper-util or reqwest client with tower layers goes in alike.
/// let client = HttpClient::new(tower::service_fn(|_: http::Request<Full<Bytes>>| async {
///     Ok::<_, std::io::Error>(http::Response::new(Full::new(Bytes::from_static(br#"{"keys":[]}"#))))
/// }));
/// ```
#[derive(Clone)]
pub struct HttpClient {
    get: Arc<Get>,
}

impl HttpClient {
    /// Wraps a tower HTTP client. Each fetch uses a clone of it.
    pub fn new<S, ReqBody, ResBody>(service: S) -> Self
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        ReqBody: Default + Send + 'static,
        ResBody: Body + Send + 'static,
        ResBody::Data: Send,
        ResBody::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        // Only so that services that aren't Sync will do; held for the time of one clone.
        let service = Mutex::new(service);
        Self {
            get: Arc::new(move |request, limit| {
                let service = service
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                Box::pin(exchange(
                    service,
                    request.map(|()| ReqBody::default()),
                    limit,
                ))
            }),
        }
    }

    /// Sends the request and reads at most `limit` bytes of the answer.
    pub(super) fn get(&self, request: Request<()>, limit: usize) -> Answer {
        (self.get)(request, limit)
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

async fn exchange<S, ReqBody, ResBody>(
    service: S,
    request: Request<ReqBody>,
    limit: usize,
) -> Result<Response<Bytes>, FetchError>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    ResBody: Body,
    ResBody::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let response = service
        .oneshot(request)
        .await
        .map_err(|error| FetchError::Transport(error.into()))?;
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        // What it has to say besides its status doesn't matter, and may be long.
        return Ok(Response::from_parts(head, Bytes::new()));
    }
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            FetchError::TooLarge
        } else {
            FetchError::Transport(error)
        }
    })?;
    Ok(Response::from_parts(head, body.to_bytes()))
}
