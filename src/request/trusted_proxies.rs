//! The proxies whose headers count.

use std::fmt;
use std::sync::Arc;

use http::Extensions;

use super::RequestParts;
use super::network::Network;
use super::peer_address::PeerAddress;
use crate::config_error::ConfigError;

/// The proxies whose headers count, by the address of the peer. Everything else that sends such a
/// header is not believed.
///
/// The address is the [`PeerAddress`] in the request's extensions, unless
/// [`peer_from`](Self::peer_from) is set. A request without an address is not trusted. Headers such
/// as `X-Forwarded-For` are never read for it.
///
/// Note: a proxy that is trusted must remove or replace these headers in the requests that it gets.
/// Nothing here can tell a header that the proxy has set from one that it has let through.
///
/// # Examples
///
/// With axum, served with `into_make_service_with_connect_info::<SocketAddr>()`:
///
/// ```
/// use std::net::SocketAddr;
///
/// use axum::extract::ConnectInfo;
/// use tower_jwt_auth::TrustedProxies;
///
/// let proxies = TrustedProxies::networks(["10.1.2.0/28"])?.peer_from(|extensions| {
///     let peer = extensions.get::<ConnectInfo<SocketAddr>>()?;
///     Some(peer.0.into())
/// });
/// # drop(proxies);
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
///
/// With tonic:
///
/// ```
/// use tonic::transport::server::TcpConnectInfo;
/// use tower_jwt_auth::TrustedProxies;
///
/// let proxies = TrustedProxies::networks(["192.0.2.7"])?.peer_from(|extensions| {
///     let peer = extensions.get::<TcpConnectInfo>()?;
///     peer.remote_addr().map(Into::into)
/// });
/// # drop(proxies);
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct TrustedProxies {
    rules: Vec<Rule>,
    /// `None`: the [`PeerAddress`] in the extensions.
    peer_from: Option<Arc<PeerFrom>>,
}

type PeerFrom = dyn Fn(&Extensions) -> Option<PeerAddress> + Send + Sync;
type Predicate = dyn Fn(PeerAddress) -> bool + Send + Sync;

#[derive(Clone)]
enum Rule {
    Networks(Vec<Network>),
    UnixSocket,
    Matching(Arc<Predicate>),
}

impl TrustedProxies {
    /// Trusts the peers in these networks, in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3):
    /// `10.1.2.0/28`, `fd00:1:2::/120`. An address without a length stands for itself.
    ///
    /// A peer with an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) counts as IPv4.
    ///
    /// Name the address of the proxy, or the smallest network that contains it: every host in it
    /// can send the headers.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if there is none, one is not a
    /// network, has bits after its prefix (`10.0.0.1/8`), has the length 0, or is IPv4-mapped.
    pub fn networks(
        networks: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, ConfigError> {
        let networks = networks.into_iter();
        let networks = networks.map(|network| Network::parse(network.as_ref()));
        let networks: Vec<_> = networks.collect::<Result<_, _>>()?;
        if networks.is_empty() {
            return Err(ConfigError::invalid_setting(
                "TrustedProxies::networks is empty: must name at least one",
            ));
        }
        Ok(Self::new(Rule::Networks(networks)))
    }

    /// Trusts the peers that are connected by a Unix socket
    /// ([`PeerAddress::UnixSocket`]): whatever may open the socket's file.
    ///
    /// # Examples
    ///
    /// A service that listens on a Unix socket and nowhere else:
    ///
    /// ```
    /// use tower_jwt_auth::{PeerAddress, TrustedProxies};
    ///
    /// let proxies = TrustedProxies::unix_socket().peer_from(|_| Some(PeerAddress::UnixSocket));
    /// # drop(proxies);
    /// ```
    #[must_use]
    pub fn unix_socket() -> Self {
        Self::new(Rule::UnixSocket)
    }

    /// Trusts the peers for whose address `is_trusted` returns `true`: for addresses that change
    /// at run time. It gets IPv4-mapped IPv6 addresses as IPv4. It must not block.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{PeerAddress, TrustedProxies};
    ///
    /// let sidecar = TrustedProxies::matching(|peer| match peer {
    ///     PeerAddress::Ip(address) => address.is_loopback(),
    ///     _ => false,
    /// });
    /// # drop(sidecar);
    /// ```
    pub fn matching(is_trusted: impl Fn(PeerAddress) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Rule::Matching(Arc::new(is_trusted)))
    }

    /// Trusts the proxies of both. The peer's address is found as `self` says, or as `other` does
    /// if only that has [`peer_from`](Self::peer_from).
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self.peer_from = self.peer_from.or(other.peer_from);
        self
    }

    /// Sets how the peer's address is found in the extensions of a request. `None`: the address is
    /// not known. Default: [`PeerAddress`] in the extensions.
    ///
    /// It must not read what a request says of itself, such as `X-Forwarded-For`.
    #[must_use]
    pub fn peer_from(
        mut self,
        peer: impl Fn(&Extensions) -> Option<PeerAddress> + Send + Sync + 'static,
    ) -> Self {
        self.peer_from = Some(Arc::new(peer));
        self
    }

    /// Returns whether the request comes from a trusted proxy. `None` if the peer's address is not
    /// known: treat the request as not trusted.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{PeerAddress, RequestParts, TrustedProxies};
    ///
    /// let proxies = TrustedProxies::networks(["10.1.2.3"])?;
    /// let mut request = http::Request::new(());
    /// assert_eq!(proxies.trusts(&RequestParts::from(&request)), None);
    ///
    /// let peer = PeerAddress::Ip([10, 1, 2, 3].into());
    /// request.extensions_mut().insert(peer);
    /// assert_eq!(proxies.trusts(&RequestParts::from(&request)), Some(true));
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    #[must_use]
    pub fn trusts(&self, request: &RequestParts<'_>) -> Option<bool> {
        let extensions = request.extensions();
        let peer = match &self.peer_from {
            Some(peer_from) => peer_from(extensions)?,
            None => *extensions.get::<PeerAddress>()?,
        };
        let peer = peer.canonical();
        Some(self.rules.iter().any(|rule| rule.trusts(peer)))
    }

    fn new(rule: Rule) -> Self {
        Self {
            rules: vec![rule],
            peer_from: None,
        }
    }
}

impl Rule {
    fn trusts(&self, peer: PeerAddress) -> bool {
        match (self, peer) {
            (Self::Networks(networks), PeerAddress::Ip(address)) => {
                networks.iter().any(|network| network.contains(address))
            }
            (Self::Networks(_), PeerAddress::UnixSocket) => false,
            (Self::UnixSocket, peer) => peer == PeerAddress::UnixSocket,
            (Self::Matching(is_trusted), peer) => is_trusted(peer),
        }
    }
}

/// Shows how many rules there are, and no address.
impl fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedProxies")
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}
