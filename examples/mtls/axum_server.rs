//! axum on axum-server, which inserts the certificates of the client by itself (since 0.9).

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use axum_server::tls::TlsInfo;
use axum_server::tls_rustls::RustlsConfig;
use tower_jwt_auth::{ClientCertificate, ClientCertificates, JwtAuthLayer};

use crate::server_tls::ServerTls;
use crate::{Result, app};

pub(crate) fn start(
    tls: &ServerTls,
    auth: impl Fn(ClientCertificates) -> Result<JwtAuthLayer>,
) -> Result<SocketAddr> {
    let auth = auth(ClientCertificates::from_extensions(|extensions| {
        let tls = extensions.get::<Arc<TlsInfo>>()?;
        ClientCertificate::from_chain(&tls.peer_certificates)
    }))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let tls = RustlsConfig::from_config(Arc::new(tls.config()?));
    let server = axum_server::from_tcp_rustls(listener, tls)?;
    tokio::spawn(server.serve(app(auth).into_make_service()));
    Ok(address)
}
