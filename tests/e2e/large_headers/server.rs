//! Servers, with their defaults and with other limits of headers.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::routing::any;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use reqwest::{Method, RequestBuilder};
use tokio::net::TcpListener;

use crate::layer;
use crate::support::tokio;

/// The path of the service: also that of a gRPC method.
pub(crate) const ROUTE: &str = "/grpc.health.v1.Health/Check";

#[derive(Clone, Copy)]
pub(crate) enum Protocol {
    Http1,
    Http2,
    Grpc,
}

impl Protocol {
    pub(crate) const fn method(self) -> Method {
        match self {
            Self::Http1 | Self::Http2 => Method::GET,
            Self::Grpc => Method::POST,
        }
    }

    pub(crate) fn complete(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Http1 | Self::Http2 => request,
            // An empty message.
            Self::Grpc => request
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .body(vec![0; 5]),
        }
    }
}

pub(crate) fn app() -> Router {
    Router::new()
        .route(ROUTE, any(|| async { "protected" }))
        .layer(layer())
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Starts `axum::serve`, for HTTP/1.1 and HTTP/2, and returns its address.
pub(crate) async fn axum() -> SocketAddr {
    let (listener, address) = listener().await;
    tokio::spawn(async move { axum::serve(listener, app()).await });
    address
}

/// Starts a server with this maximum for HTTP/2.
pub(crate) async fn hyper(max_header_list_size: u32) -> SocketAddr {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut builder = auto::Builder::new(TokioExecutor::new());
                builder.http2().max_header_list_size(max_header_list_size);
                let service = TowerToHyperService::new(app());
                let io = TokioIo::new(connection);
                let _ = builder.serve_connection(io, service).await;
            });
        }
    });
    address
}

/// Starts a server of gRPC, with this maximum.
pub(crate) async fn tonic(max_header_list_size: Option<u32>) -> SocketAddr {
    let (listener, address) = listener().await;
    let (_, health) = tonic_health::server::health_reporter();
    let server = tonic::transport::Server::builder()
        .http2_max_header_list_size(max_header_list_size)
        .layer(layer())
        .add_service(health);
    let connections = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(server.serve_with_incoming(connections));
    address
}
