//! The HTTP client that is used where none is given: reqwest with rustls.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use reqwest::{Body, Client, ClientBuilder, Error, redirect::Policy};
use tower::service_fn;

use crate::config_error::ConfigError;
use crate::keys::HttpClient;

/// Made at the first fetch: to load the machine's TLS roots takes time, and a process whose keys are all at hand never
/// needs them. On a runtime without I/O it panics, which counts as a failed fetch.
// A Result, because without this feature there is none.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn default_http_client() -> Result<HttpClient, ConfigError> {
    Ok(HttpClient::new(service_fn(
        |request: Request<Full<Bytes>>| async move {
            let client = client(request.uri().scheme_str() == Some("https"))?;
            let request = request.map(Body::wrap).try_into()?;
            // An error would show the URL, which may hold a password, in the log.
            let response = client.execute(request).await.map_err(Error::without_url)?;
            Ok::<Response<Body>, Error>(response.into())
        },
    )))
}

/// Without TLS it goes to this very machine, and never through a proxy, which could be another one.
fn client(https: bool) -> reqwest::Result<&'static Client> {
    static HTTPS: OnceLock<Client> = OnceLock::new();
    static LOOPBACK: OnceLock<Client> = OnceLock::new();
    let (cell, builder) = if https {
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
