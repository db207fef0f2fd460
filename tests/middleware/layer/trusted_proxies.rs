//! Which peers are trusted proxies, and where their addresses come from.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::Request;
use tonic::transport::server::TcpConnectInfo;
use tower_jwt_auth::{ConfigErrorKind, PeerAddress, RequestParts, TrustedProxies};

fn trusts(proxies: &TrustedProxies, peer: PeerAddress) -> Option<bool> {
    trusts_with(proxies, peer)
}

/// Whether a request with this value in its extensions is trusted.
fn trusts_with<T: Clone + Send + Sync + 'static>(
    proxies: &TrustedProxies,
    info: T,
) -> Option<bool> {
    let mut request = Request::new(());
    request.extensions_mut().insert(info);
    proxies.trusts(&RequestParts::from(&request))
}

fn ip(text: &str) -> PeerAddress {
    PeerAddress::Ip(text.parse().unwrap())
}

fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn peers_in_one_of_the_networks_are_trusted_and_no_others() {
    let proxies = TrustedProxies::networks(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]).unwrap();
    for peer in ["10.0.0.0", "10.255.255.255", "192.0.2.7", "fd12::1"] {
        assert_eq!(trusts(&proxies, ip(peer)), Some(true), "{peer}");
    }
    for peer in ["9.255.255.255", "11.0.0.0", "192.0.2.8", "fe80::1", "::1"] {
        assert_eq!(trusts(&proxies, ip(peer)), Some(false), "{peer}");
    }
    assert_eq!(trusts(&proxies, PeerAddress::UnixSocket), Some(false));
}

#[test]
fn an_ipv4_mapped_peer_counts_as_ipv4() {
    let proxies = TrustedProxies::networks(["10.0.0.0/8"]).unwrap();
    assert_eq!(trusts(&proxies, ip("::ffff:10.1.2.3")), Some(true));
    assert_eq!(trusts(&proxies, ip("::ffff:11.1.2.3")), Some(false));
    // IPv4-compatible addresses and those of NAT64 are other addresses.
    assert_eq!(trusts(&proxies, ip("::10.1.2.3")), Some(false));
    assert_eq!(trusts(&proxies, ip("64:ff9b::10.1.2.3")), Some(false));
    let closure = TrustedProxies::matching(|peer| peer == PeerAddress::Ip([10, 1, 2, 3].into()));
    assert_eq!(trusts(&closure, ip("::ffff:10.1.2.3")), Some(true));
}

#[test]
fn a_unix_socket_is_trusted_only_where_it_is_said() {
    let proxies = TrustedProxies::unix_socket();
    assert_eq!(trusts(&proxies, PeerAddress::UnixSocket), Some(true));
    assert_eq!(trusts(&proxies, ip("127.0.0.1")), Some(false));
    let both = proxies.or(TrustedProxies::networks(["::1"]).unwrap());
    assert_eq!(trusts(&both, PeerAddress::UnixSocket), Some(true));
    assert_eq!(trusts(&both, ip("::1")), Some(true));
    assert_eq!(trusts(&both, ip("::2")), Some(false));
}

#[test]
fn a_request_without_an_address_is_not_trusted_whatever_its_headers_say() {
    let request = Request::builder()
        .header("x-forwarded-for", "10.0.0.1")
        .header("x-real-ip", "10.0.0.1")
        .header("forwarded", "for=10.0.0.1")
        .extension(socket("10.0.0.1:80"))
        .body(())
        .unwrap();
    for proxies in [
        TrustedProxies::networks(["10.0.0.0/8"]).unwrap(),
        TrustedProxies::matching(|_| true),
        TrustedProxies::unix_socket().peer_from(|_| None),
    ] {
        assert_eq!(proxies.trusts(&RequestParts::from(&request)), None);
    }
}

#[test]
fn the_address_is_found_where_the_server_inserts_it() {
    let networks = || TrustedProxies::networks(["10.0.0.0/8"]).unwrap();
    let axum = networks().peer_from(|extensions| {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(peer.0.into())
    });
    let peer = |text| ConnectInfo(socket(text));
    assert_eq!(trusts_with(&axum, peer("10.0.0.1:443")), Some(true));
    assert_eq!(
        trusts_with(&axum, peer("[::ffff:10.0.0.1]:443")),
        Some(true)
    );
    assert_eq!(trusts_with(&axum, peer("11.0.0.1:443")), Some(false));
    // Only where it is said that it is.
    assert_eq!(trusts(&axum, ip("10.0.0.1")), None);

    let tonic = networks().peer_from(|extensions| {
        let peer = extensions.get::<TcpConnectInfo>()?;
        peer.remote_addr().map(Into::into)
    });
    let peer = |text: &str| TcpConnectInfo {
        local_addr: Some(socket("10.0.0.1:50051")),
        remote_addr: text.parse().ok(),
    };
    assert_eq!(trusts_with(&tonic, peer("10.0.0.1:443")), Some(true));
    assert_eq!(trusts_with(&tonic, peer("11.0.0.1:443")), Some(false));
    assert_eq!(trusts_with(&tonic, peer("unknown")), None);
}

#[test]
fn a_union_finds_the_address_as_either_part_says() {
    let by_closure = |extensions: &http::Extensions| {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(peer.0.into())
    };
    let network = || TrustedProxies::networks(["10.0.0.0/8"]).unwrap();
    let loopback = || TrustedProxies::networks(["127.0.0.1"]).unwrap();
    let peer = ConnectInfo(socket("127.0.0.1:443"));
    for union in [
        network().peer_from(by_closure).or(loopback()),
        network().or(loopback().peer_from(by_closure)),
        network()
            .peer_from(by_closure)
            .or(loopback().peer_from(|_| None)),
    ] {
        assert_eq!(trusts_with(&union, peer), Some(true));
    }
}

#[test]
fn a_list_with_anything_but_networks_is_rejected_when_it_is_configured() {
    for networks in [
        &[][..],
        &[""],
        &["10.0.0.0/8", "10.0.0.1/8"],
        &["0.0.0.0/0"],
        &["::ffff:10.0.0.0/104"],
        &["proxy.internal"],
        &["10.0.0.0/8,192.0.2.0/24"],
    ] {
        let error = TrustedProxies::networks(networks).unwrap_err();
        assert_eq!(
            error.kind(),
            ConfigErrorKind::InvalidSetting,
            "{networks:?}"
        );
    }
}

#[test]
fn debug_output_shows_no_address() {
    let proxies = TrustedProxies::networks(["10.11.12.13", "fd12::"]).unwrap();
    let shown = format!("{:?}", proxies.or(TrustedProxies::unix_socket()));
    assert!(!shown.contains("12"), "{shown}");
    assert!(shown.contains("TrustedProxies"), "{shown}");
}
