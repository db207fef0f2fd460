//! Clients with and without a certificate.

use std::net::SocketAddr;

use reqwest::{Certificate, Identity, Response};

use crate::pki::{Authority, Client};
use crate::support::client_certificate::ClientDer;

/// Returns an HTTP client with this certificate.
pub(crate) fn http_client(authority: &Authority, client: Option<&Client>) -> reqwest::Client {
    let authority = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let builder = reqwest::Client::builder().no_proxy();
    let builder = builder.tls_certs_only([authority]);
    let builder = match client {
        Some(client) => {
            let identity = format!("{}{}", client.certificate_pem, client.key_pem);
            builder.identity(Identity::from_pem(identity.as_bytes()).unwrap())
        }
        None => builder,
    };
    builder.build().unwrap()
}

/// Sends a token over a new connection, with these headers.
pub(crate) async fn send(
    address: SocketAddr,
    client: &reqwest::Client,
    token: &str,
    headers: &[(&str, &str)],
) -> Response {
    let url = format!("https://localhost:{}/me", address.port());
    let mut request = client.get(url).bearer_auth(token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// The headers in which proxies would send this certificate.
pub(crate) fn headers_of_proxies(client: &Client) -> Vec<(&'static str, String)> {
    let certificate = ClientDer(client.certificate.clone());
    let (base64, hash) = (certificate.base64(), certificate.hash());
    vec![
        ("client-cert", format!(":{base64}:")),
        ("x-forwarded-client-cert", format!("Hash={hash}")),
        ("x-forwarded-tls-client-cert", base64),
    ]
}
