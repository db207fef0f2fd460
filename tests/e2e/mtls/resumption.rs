//! Resumed TLS sessions (RFC 9440 §3.3).

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, StatusCode};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, HandshakeKind, RootCertStore, version};

use crate::pki::{Authority, Client};
use crate::support::tokio;
use crate::{auth, axum_server, bound_to};

fn config(authority: &Authority, client: &Client, tls: usize) -> ClientConfig {
    let versions = [&version::TLS12, &version::TLS13];
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let certificate = CertificateDer::from(client.certificate.clone());
    let key = PrivateKeyDer::from_pem_slice(client.key_pem.as_bytes()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&versions[tls..=tls])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)
        .unwrap()
}

/// Sends a request over a new connection, and returns how it was made.
async fn send(
    server: SocketAddr,
    connector: &TlsConnector,
    token: &str,
) -> (HandshakeKind, StatusCode) {
    let stream = TcpStream::connect(server).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, stream).await.unwrap();
    let kind = stream.get_ref().1.handshake_kind().unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("/me")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {token}"))
        .body(Empty::<Bytes>::new())
        .unwrap();
    (kind, sender.send_request(request).await.unwrap().status())
}

#[tokio::test]
async fn a_resumed_session_has_the_certificate_of_the_first_one() {
    let authority = Authority::new().unwrap();
    let (alice, thief) = (
        authority.client("alice").unwrap(),
        authority.client("b").unwrap(),
    );
    let server = axum_server::start(&authority.server_tls().unwrap(), auth).unwrap();
    let token = bound_to(&alice);
    for tls in 0..2 {
        for (client, status) in [(&alice, StatusCode::OK), (&thief, StatusCode::UNAUTHORIZED)] {
            let connector = TlsConnector::from(Arc::new(config(&authority, client, tls)));
            let first = send(server, &connector, &token).await;
            assert_eq!(first, (HandshakeKind::Full, status));
            let second = send(server, &connector, &token).await;
            assert_eq!(second, (HandshakeKind::Resumed, status));
        }
    }
}
