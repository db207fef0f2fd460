//! The HTTP client that is used where none is given: reqwest with rustls.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use reqwest::{Body, Client, redirect::Policy};
use tower::service_fn;

use crate::config_error::ConfigError;
use crate::keys::HttpClient;

/// Made at the first fetch: to load the machine's TLS roots takes time, and a process whose keys are all at hand never
/// needs them.
// A Result, because without this feature there is none.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn default_http_client() -> Result<HttpClient, ConfigError> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    Ok(HttpClient::new(service_fn(|request: Request<Full<Bytes>>| async move {
        let client = if let Some(client) = CLIENT.get() {
            client
        } else {
            let made = client()?;
            CLIENT.get_or_init(|| made)
        };
        let response = client.execute(request.map(Body::wrap).try_into()?).await?;
        Ok::<Response<Body>, reqwest::Error>(response.into())
    })))
}

fn client() -> reqwest::Result<Client> {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .user_agent(concat!("tower-jwt-auth/", env!("CARGO_PKG_VERSION")))
        .build()
}
