//! The default HTTP client: reqwest with rustls.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Body, Client, ClientBuilder, Error, redirect::Policy};
use tower::{BoxError, service_fn};

use crate::config_error::ConfigError;
use crate::keys::jwks::url::is_localhost_name;
use crate::keys::{HttpClient, ResponseUri};

/// Returns the client for issuers without one of their own.
///
/// # Errors
///
/// If the program is to install a provider of cryptography for TLS, and has not.
pub(crate) fn default_http_client() -> Result<HttpClient, ConfigError> {
    crate::tls_provider::check()?;
    Ok(HttpClient::default())
}

impl Default for HttpClient {
    /// Returns the default client (feature `reqwest`), which issuers without one of their own use.
    /// To add layers, wrap a service that calls [`send`](HttpClient::send).
    ///
    /// It is built at the first fetch: loading the machine's TLS roots takes time, and a process
    /// whose keys are all cached does not need them. On a runtime without I/O the client panics,
    /// and the fetch fails. With feature `reqwest-no-provider` alone, the fetch also fails if the
    /// program has installed no provider for rustls.
    fn default() -> Self {
        HttpClient::new(service_fn(|request: Request<Full<Bytes>>| async move {
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
            Ok::<Response<Body>, BoxError>(response.into())
        }))
    }
}

/// Returns the client of this process for `https`, or the one for `http`: to loopback and to hosts
/// of the own network, so it uses no proxy, and needs no TLS roots, which a small container image
/// does not have.
fn client(is_https: bool) -> Result<&'static Client, BoxError> {
    static HTTPS: OnceLock<Client> = OnceLock::new();
    static PLAIN: OnceLock<Client> = OnceLock::new();
    // Both clients have TLS: reqwest panics without a provider.
    crate::tls_provider::check()?;
    let (cell, builder) = if is_https {
        (&HTTPS, builder())
    } else {
        (&PLAIN, builder().no_proxy().tls_certs_only([]))
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
        .dns_resolver(Arc::new(Resolver))
        .user_agent(concat!("tower-jwt-auth/", env!("CARGO_PKG_VERSION")))
}

/// The system's resolver, but for `localhost` and the names below it, which are never asked for
/// (RFC 6761 §6.3): another machine's address must not get requests over plain `http`.
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        if is_localhost_name(name.as_str()) {
            return Box::pin(async { Ok(addresses(loopback())) });
        }
        Box::pin(async move {
            let system = move || (name.as_str(), 0).to_socket_addrs();
            let found = tokio::task::spawn_blocking(system).await??;
            Ok(addresses(found))
        })
    }
}

/// The client replaces port 0 by that of the URL.
fn loopback() -> impl Iterator<Item = SocketAddr> + Send {
    let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    [v4, v6]
        .map(|address| SocketAddr::new(address, 0))
        .into_iter()
}

fn addresses(found: impl Iterator<Item = SocketAddr> + Send + 'static) -> Addrs {
    Box::new(found)
}
