//! The address of the peer over real sockets: a header is read from a trusted address alone.

use std::net::{Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::Extensions;
use tokio::net::TcpListener;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::health_reporter;
use tower_jwt_auth::{
    CertificateHeader, ClientCertificates, JwtAuthLayer, PeerAddress, TrustedProxies,
};

use crate::support::client_certificate::ClientDer;
use crate::support::{token, tokio};
use crate::{app, auth};

fn behind(network: &str, peer: fn(&Extensions) -> Option<PeerAddress>) -> JwtAuthLayer {
    let proxies = TrustedProxies::networks([network]).unwrap();
    let header = CertificateHeader::client_cert();
    auth(ClientCertificates::from_header(
        header,
        proxies.peer_from(peer),
    ))
    .unwrap()
}

fn of_axum(extensions: &Extensions) -> Option<PeerAddress> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.0.into())
}

fn of_tonic(extensions: &Extensions) -> Option<PeerAddress> {
    let peer = extensions.get::<TcpConnectInfo>()?;
    peer.remote_addr().map(Into::into)
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Calls a server as a proxy would.
async fn status(address: SocketAddr) -> u16 {
    let certificate = ClientDer::generate("alice");
    let token = token().bound_to_certificate(&certificate.0).sign();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .get(format!("http://{address}/me"))
        .bearer_auth(token);
    let request = request.header("client-cert", format!(":{}:", certificate.base64()));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn axum_tells_the_address_if_it_is_served_with_it() {
    for (network, expected) in [("127.0.0.0/8", 200), ("10.0.0.0/8", 401)] {
        let (listener, address) = listener().await;
        let app = app(behind(network, of_axum));
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        assert_eq!(status(address).await, expected, "{network}");
    }
    let (listener, address) = listener().await;
    let app = app(behind("127.0.0.0/8", of_axum));
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert_eq!(status(address).await, 401, "without connect info");
}

#[tokio::test]
async fn tonic_tells_the_address_of_the_peer() {
    for (network, expected) in [
        ("127.0.0.0/8", Code::Ok),
        ("10.0.0.0/8", Code::Unauthenticated),
    ] {
        let (listener, address) = listener().await;
        let (_, health) = health_reporter();
        let server = Server::builder()
            .layer(behind(network, of_tonic))
            .add_service(health);
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = endpoint.connect().await.unwrap();
        assert_eq!(check(channel).await, expected, "{network}");
    }
}

/// Calls a server as a proxy would.
async fn check(channel: Channel) -> Code {
    let certificate = ClientDer::generate("alice");
    let token = token().bound_to_certificate(&certificate.0).sign();
    let mut request = Request::new(HealthCheckRequest::default());
    let metadata = request.metadata_mut();
    metadata.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let value = format!(":{}:", certificate.base64());
    metadata.insert("client-cert", value.parse().unwrap());
    let outcome = HealthClient::new(channel).check(request).await;
    outcome.map_or_else(|status| status.code(), |_| Code::Ok)
}
