//! The address of a peer.

use std::net::{IpAddr, SocketAddr};

/// The address of the peer that a request comes from: of the client, or of the last proxy before
/// this server.
///
/// Servers insert it into the extensions of each request, where [`TrustedProxies`] reads it, or
/// [`TrustedProxies::peer_from`] derives it from what the server inserts by itself.
///
/// [`TrustedProxies`]: crate::TrustedProxies
/// [`TrustedProxies::peer_from`]: crate::TrustedProxies::peer_from
///
/// # Examples
///
/// A server on hyper, which inserts no address by itself:
///
/// ```
/// use std::net::SocketAddr;
/// use tower_jwt_auth::PeerAddress;
///
/// /// Called for each request of a connection that `TcpListener::accept` returned.
/// fn with_peer<B>(mut request: http::Request<B>, peer: SocketAddr) -> http::Request<B> {
///     request.extensions_mut().insert(PeerAddress::from(peer));
///     request
/// }
/// # let request = with_peer(http::Request::new(()), ([192, 0, 2, 7], 1234).into());
/// # let peer = PeerAddress::Ip([192, 0, 2, 7].into());
/// # assert_eq!(request.extensions().get(), Some(&peer));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAddress {
    /// An IP address. An IPv4-mapped IPv6 address counts as the IPv4 address (RFC 4291 §2.5.5.2).
    Ip(IpAddr),
    /// A process on this machine, connected by a Unix socket.
    UnixSocket,
}

impl PeerAddress {
    /// Returns the address with an IPv4-mapped IPv6 address as IPv4: a socket that listens on
    /// `[::]` reports peers in that form.
    pub(super) const fn canonical(self) -> Self {
        match self {
            Self::Ip(address) => Self::Ip(address.to_canonical()),
            Self::UnixSocket => Self::UnixSocket,
        }
    }
}

impl From<IpAddr> for PeerAddress {
    fn from(address: IpAddr) -> Self {
        Self::Ip(address)
    }
}

/// Takes the IP address. The port says nothing about the peer.
impl From<SocketAddr> for PeerAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Ip(address.ip())
    }
}
