//! axum on hyper with tokio-rustls: the server inserts a `ClientCertificate` into each request of a
//! connection. A server without axum does the same.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower_jwt_auth::{ClientCertificate, ClientCertificates, JwtAuthLayer};

use crate::server_tls::ServerTls;
use crate::{Result, app};

pub(crate) async fn start(
    tls: &ServerTls,
    auth: impl Fn(ClientCertificates) -> Result<JwtAuthLayer>,
) -> Result<SocketAddr> {
    let app = app(auth(ClientCertificates::from_connection())?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let acceptor = TlsAcceptor::from(Arc::new(tls.config()?));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(acceptor.clone(), stream, app.clone()));
        }
    });
    Ok(address)
}

/// Serves one connection. An error ends this connection alone.
async fn serve(acceptor: TlsAcceptor, stream: TcpStream, app: Router) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let (_, tls) = stream.get_ref();
    let certificate = tls
        .peer_certificates()
        .and_then(ClientCertificate::from_chain);
    // Above the layer: it must see the certificate.
    let app = match certificate {
        Some(certificate) => app.layer(Extension(certificate)),
        None => app,
    };
    let service = TowerToHyperService::new(app);
    let server = auto::Builder::new(TokioExecutor::new());
    let connection = server.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        eprintln!("a connection failed: {error}");
    }
}
