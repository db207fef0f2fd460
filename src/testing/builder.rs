//! Issuers other than the plainest.

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
use super::server::take_port;
use crate::algorithm::Algorithm;

/// What a [`TestIssuer`] is like, before it starts.
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

    /// One key for each; `ES256` by default. The first is the one that [`TestIssuer::token`] uses.
    ///
    /// With an HMAC algorithm the issuer publishes its secret, which a client has to ignore.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Where to listen; a free port of 127.0.0.1 by default.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The path of the issuer's URL, such as `/tenant`; empty by default.
    pub fn path(mut self, path: &str) -> Self {
        let path = path.trim_matches('/');
        self.path = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        self
    }

    /// How long the documents may be cached (`Cache-Control: max-age`), in whole seconds; 300 s by default.
    /// `None`: the answers don't say.
    pub fn max_age(mut self, max_age: Option<Duration>) -> Self {
        self.cache_control = max_age.map(|age| header_value(&format!("max-age={}", age.as_secs())));
        self
    }

    /// The whole `Cache-Control` header, in place of [`max_age`](Self::max_age).
    ///
    /// # Panics
    /// If `value` can't stand in a header.
    pub fn cache_control(mut self, value: &str) -> Self {
        self.cache_control = Some(header_value(value));
        self
    }

    /// Whether answers bear an `ETag`, and `If-None-Match` is honoured with 304; off by default.
    pub fn etags(mut self, on: bool) -> Self {
        self.etags = on;
        self
    }

    /// Makes the keys, and listens.
    ///
    /// # Errors
    /// If the address can't be listened on.
    ///
    /// # Panics
    /// If there is no algorithm, or outside a tokio runtime with I/O and time enabled.
    pub async fn start(self) -> io::Result<TestIssuer> {
        assert!(
            !self.algorithms.is_empty(),
            "TestIssuer: an issuer needs at least one algorithm"
        );
        // RSA keys take a while, and other tasks may have deadlines.
        let generate = || self.algorithms.into_iter().map(TestKey::generate).collect();
        let keys = spawn_blocking(generate)
            .await
            .expect("TestIssuer: the runtime ends while keys are generated");
        let socket = take_port(self.listen)?;
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

/// Nobody can connect to `0.0.0.0`; loopback is part of it.
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
        .unwrap_or_else(|_| panic!("TestIssuer: {value:?} can't stand in a header"))
}
