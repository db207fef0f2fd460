//! The default HTTP client: reqwest with rustls.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use reqwest::{Body, Client, ClientBuilder, Error, redirect::Policy};
use tower::service_fn;

use crate::config_error::ConfigError;
use crate::keys::{HttpClient, ResponseUri};

/// Returns the client for issuers without one of their own.
///
/// It is built at the first fetch: loading the machine's TLS roots takes time, and a process whose
/// keys are all cached does not need them. On a runtime without I/O the client panics, and the
/// fetch fails.
#[expect(
    clippy::unnecessary_wraps,
    reason = "without feature `reqwest` there is no client, and this function returns an error"
)]
pub(crate) fn default_http_client() -> Result<HttpClient, ConfigError> {
    Ok(HttpClient::new(service_fn(
        |request: Request<Full<Bytes>>| async move {
            let client = client(request.uri().scheme_str() == Some("https"))?;
            let request: reqwest::Request = request.map(Body::wrap).try_into()?;
            let url = request.url().clone();
            // The URL may contain a secret, which must not appear in a log.
            let mut response = client.execute(request).await.map_err(Error::without_url)?;
            if *response.url() != url {
                // The default URI is not that of the request either.
                let uri = response.url().as_str().parse().unwrap_or_default();
                response.extensions_mut().insert(ResponseUri(uri));
            }
            Ok::<Response<Body>, Error>(response.into())
        },
    )))
}

/// Returns the client of this process for `https`, or the one for `http`, which is on loopback and
/// so must not go through a proxy.
fn client(is_https: bool) -> reqwest::Result<&'static Client> {
    static HTTPS: OnceLock<Client> = OnceLock::new();
    static LOOPBACK: OnceLock<Client> = OnceLock::new();
    let (cell, builder) = if is_https {
        (&HTTPS, builder())
    } else {
        (&LOOPBACK, builder().no_proxy())
    };
    if let Some(client) = cell.get() {
        return Ok(client);
    }
    let client = builder.build()?;
    Ok(cell.get_or_init(|| client))
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .user_agent(concat!("tower-jwt-auth/", env!("CARGO_PKG_VERSION")))
}
