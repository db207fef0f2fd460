//! The settings of a test issuer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::task::spawn_blocking;

use super::issuer::TestIssuer;
use super::json_overrides::Members;
use super::key::TestKey;
use super::keyring::Keyring;
use super::provider::{Provider, State};
use super::server::reserve_port;
use crate::algorithm::Algorithm;

/// The settings of a [`TestIssuer`] that is about to start.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::Algorithm;
/// use tower_jwt_auth::testing::TestIssuer;
///
/// # fn main() -> std::io::Result<()> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let issuer = TestIssuer::builder()
///     .algorithms([Algorithm::ES256, Algorithm::Ed25519])
///     .path("/tenant")
///     .max_age(Some(Duration::from_secs(60)))
///     .etags(true)
///     .start()
///     .await?;
/// assert!(issuer.issuer().ends_with("/tenant"));
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "`start` makes the issuer"]
pub struct TestIssuerBuilder {
    algorithms: Vec<Algorithm>,
    listen: SocketAddr,
    path: String,
    cache_control: Option<HeaderValue>,
    etags: bool,
}

impl TestIssuerBuilder {
    pub(super) fn new() -> Self {
        Self {
            algorithms: vec![Algorithm::ES256],
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            path: String::new(),
            cache_control: Some(HeaderValue::from_static("max-age=300")),
            etags: false,
        }
    }

    /// Sets the algorithms of the issuer's keys: one key for each. Default: `ES256`.
    ///
    /// [`TestIssuer::token`] signs with the first one. With an HMAC algorithm the issuer publishes
    /// its secret, which a client must ignore.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Sets the address to listen on. Default: a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets the path of the issuer's URL, such as `/tenant`. Default: none.
    pub fn path(mut self, path: &str) -> Self {
        let path = path.trim_matches('/');
        self.path = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        self
    }

    /// Sets how long responses may be cached (`Cache-Control: max-age`), in whole seconds. Default:
    /// 300 seconds. With `None`, responses have no `Cache-Control`.
    pub fn max_age(mut self, max_age: Option<Duration>) -> Self {
        self.cache_control = max_age.map(|age| header_value(&format!("max-age={}", age.as_secs())));
        self
    }

    /// Sets the whole `Cache-Control` header, in place of [`max_age`](Self::max_age).
    ///
    /// # Panics
    ///
    /// If `value` is not a valid header value.
    pub fn cache_control(mut self, value: &str) -> Self {
        self.cache_control = Some(header_value(value));
        self
    }

    /// Sets whether responses have an `ETag`, and requests with a matching `If-None-Match` get 304
    /// (RFC 9110 §13.1.2). Default: false.
    pub fn etags(mut self, on: bool) -> Self {
        self.etags = on;
        self
    }

    /// Generates the keys and starts the issuer.
    ///
    /// # Errors
    ///
    /// If the address can't be bound.
    ///
    /// # Panics
    ///
    /// If there is no algorithm, or outside a tokio runtime with I/O and time enabled.
    pub async fn start(self) -> io::Result<TestIssuer> {
        assert!(
            !self.algorithms.is_empty(),
            "TestIssuer: `algorithms` is empty: must have at least one"
        );
        // RSA keys take long to generate, and would block the runtime's other tasks.
        let generate = || self.algorithms.into_iter().map(TestKey::generate).collect();
        let keys = spawn_blocking(generate)
            .await
            .expect("TestIssuer: the runtime shut down while keys were generated");
        let socket = reserve_port(self.listen)?;
        let address = socket.local_addr()?;
        let issuer = format!("http://{}{}", reachable(address), self.path);
        let state = State {
            keys: Keyring::new(keys),
            openid_discovery: true,
            oauth_discovery: true,
            metadata: Members::new(),
            cache_control: self.cache_control,
            headers: HeaderMap::new(),
            jwks_fault: None,
            metadata_fault: None,
            jwks_fetches: 0,
            metadata_fetches: 0,
            last_request: None,
        };
        let provider = Arc::new(Provider::new(issuer, self.path, self.etags, state));
        TestIssuer::new(provider, socket, address)
    }
}

/// Returns an address that clients can connect to: loopback in place of `0.0.0.0` and `::`, which
/// include it.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

pub(super) fn header_value(value: &str) -> HeaderValue {
    HeaderValue::from_str(value)
        .unwrap_or_else(|_| panic!("TestIssuer: {value:?} is not a valid header value"))
}
