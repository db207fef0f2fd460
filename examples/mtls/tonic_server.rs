//! tonic, which inserts the certificates of the client by itself.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming, TlsConnectInfo};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic_health::server::health_reporter;
use tower_jwt_auth::{ClientCertificate, ClientCertificates, JwtAuthLayer};

use crate::Result;
use crate::server_tls::ServerTls;

pub(crate) async fn start(
    server_tls: &ServerTls,
    auth: impl Fn(ClientCertificates) -> Result<JwtAuthLayer>,
) -> Result<SocketAddr> {
    let auth = auth(ClientCertificates::from_extensions(|extensions| {
        let connection = extensions.get::<TlsConnectInfo<TcpConnectInfo>>()?;
        ClientCertificate::from_chain(&connection.peer_certs()?)
    }))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(&server_tls.certificate, &server_tls.key))
        .client_ca_root(Certificate::from_pem(&server_tls.authority))
        .client_auth_optional(true);
    let (_, health) = health_reporter();
    let server = Server::builder()
        .tls_config(tls)?
        .layer(auth)
        .add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    Ok(address)
}
