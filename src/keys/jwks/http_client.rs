//! The HTTP client that fetches keys.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response, Uri};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tower::{Service, ServiceExt as _};

use super::fetch_error::FetchError;
use super::lock;

type ResponseFuture = BoxFuture<'static, Result<Response<Bytes>, FetchError>>;
type SendRequest = dyn Fn(Request<Bytes>, usize) -> ResponseFuture + Send + Sync;

/// The HTTP client that fetches keys and metadata.
///
/// Feature `reqwest` provides the default. Any tower HTTP service can replace it, with
/// [`Issuer::http_client`](crate::Issuer::http_client): put proxies, TLS roots, retries and metrics
/// into the service. It must resolve `localhost` and the names below it to loopback addresses (RFC
/// 6761 §6.3) if keys are fetched from there over plain `http`. `examples/kubernetes` builds one.
///
/// Note: the service must not follow redirects, which could lead to the keys of another party. A
/// service that may do so inserts a [`ResponseUri`] into the response's extensions. Without it, a
/// redirect that was followed can't be noticed here.
///
/// The crate limits each fetch whatever the service does: its time by
/// [`fetch_timeout`](crate::JwksCacheSettings::fetch_timeout), and its body, as it arrives, by
/// [`max_body_len`](crate::JwksCacheSettings::max_body_len). If the service panics, the fetch
/// fails.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower_jwt_auth::HttpClient;
///
/// // A service that responds by itself. A hyper-util client with tower layers works the same way.
/// let service = tower::service_fn(|_: Request<Full<Bytes>>| async {
///     let body = Bytes::from_static(br#"{"keys":[]}"#);
///     Ok::<_, std::io::Error>(Response::new(Full::new(body)))
/// });
/// let client = HttpClient::new(service);
/// ```
#[derive(Clone)]
pub struct HttpClient {
    send: Arc<SendRequest>,
}

/// The URI that a response comes from, in the response's extensions.
///
/// An [`HttpClient`] rejects a response with a URI other than that of the request: its service has
/// followed a redirect.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower_jwt_auth::{HttpClient, ResponseUri};
///
/// # async fn follow(request: Request<Full<Bytes>>) -> (http::Uri, Response<Full<Bytes>>) {
/// #     (request.uri().clone(), Response::new(Full::default()))
/// # }
/// let service = tower::service_fn(|request: Request<Full<Bytes>>| async {
///     let (uri, mut response) = follow(request).await;
///     response.extensions_mut().insert(ResponseUri(uri));
///     Ok::<_, std::io::Error>(response)
/// });
/// let client = HttpClient::new(service);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseUri(pub Uri);

impl HttpClient {
    /// Wraps a tower HTTP service. Each request uses a clone of it, and waits until the clone is
    /// ready.
    pub fn new<S, ReqBody, ResBody>(service: S) -> Self
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        ReqBody: From<Bytes> + Send + 'static,
        ResBody: Body + Send + 'static,
        ResBody::Data: Send,
        ResBody::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        // The mutex is there only so that services need not be `Sync`. It is held during `clone`
        // only.
        let service = Mutex::new(service);
        Self {
            send: Arc::new(move |request, max_body_len| {
                let service = lock(&service).clone();
                Box::pin(send(service, request.map(ReqBody::from), max_body_len))
            }),
        }
    }

    /// Sends a request and reads the response. A response whose status is not 2xx has an empty
    /// body.
    ///
    /// For requests of your own, such as those of a [`TokenCheck`](crate::TokenCheck). Has no time
    /// limit.
    ///
    /// # Errors
    ///
    /// If the service fails or has followed a redirect (see [`ResponseUri`]), or the body of the
    /// response is longer than `max_body_len` bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_jwt_auth::HttpClient;
    /// # type BoxError = Box<dyn std::error::Error + Send + Sync>;
    /// # async fn example(client: &HttpClient) -> Result<(), BoxError> {
    /// let request = http::Request::post("https://login.example.com/introspect")
    ///     .header("content-type", "application/x-www-form-urlencoded")
    ///     .body("token=…".into())?;
    /// let response = client.send(request, 64 * 1024).await?;
    /// assert!(response.status().is_success());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(
        &self,
        request: Request<Bytes>,
        max_body_len: usize,
    ) -> Result<Response<Bytes>, Box<dyn StdError + Send + Sync>> {
        Ok((self.send)(request, max_body_len).await?)
    }

    /// The same as [`send`](Self::send), with the error as it is.
    pub(crate) fn exchange(&self, request: Request<Bytes>, max_body_len: usize) -> ResponseFuture {
        (self.send)(request, max_body_len)
    }

    /// Sends a request without a body.
    pub(super) fn get(&self, request: Request<()>, max_body_len: usize) -> ResponseFuture {
        (self.send)(request.map(|()| Bytes::new()), max_body_len)
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

async fn send<S, ReqBody, ResBody>(
    service: S,
    request: Request<ReqBody>,
    max_body_len: usize,
) -> Result<Response<Bytes>, FetchError>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    ResBody: Body,
    ResBody::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let uri = request.uri().clone();
    let response = service
        .oneshot(request)
        .await
        .map_err(|error| FetchError::of_client(error.into()))?;
    let (parts, body) = response.into_parts();
    let is_elsewhere = |ResponseUri(actual): &ResponseUri| *actual != uri;
    if parts.extensions.get().is_some_and(is_elsewhere) {
        return Err(FetchError::Redirected);
    }
    if !parts.status.is_success() {
        // The body of an error is not used, and may be long.
        return Ok(Response::from_parts(parts, Bytes::new()));
    }
    let body = Limited::new(body, max_body_len).collect().await;
    let body = body.map_err(|error| {
        if error.is::<LengthLimitError>() {
            FetchError::TooLarge
        } else {
            FetchError::of_client(error)
        }
    })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
