//! Support for gRPC services with tonic.
//!
//! [`JwtAuthLayer`](crate::JwtAuthLayer) protects tonic without this module: rejected calls get
//! their `grpc-status` in any case, see [`Challenge`](crate::Challenge). This module adds claims
//! from a [`tonic::Request`], error details, and streams that end when the token expires.
//!
//! Note:
//! - A token is checked when a call begins. A stream may go on after its token expires, unless
//!   [`until_expiry`] ends it. See [Streams](#streams).
//! - Services and methods are exempt by their names with
//!   [`skip_paths`](crate::JwtAuthBuilder::skip_paths) and
//!   [`Paths::grpc_methods`](crate::Paths::grpc_methods).
//! - `GrpcWebLayer` of `tonic-web` goes below [`JwtAuthLayer`](crate::JwtAuthLayer). Above it, it
//!   translates calls over HTTP/1.1 to requests that [are not gRPC](crate::Challenge), which get an
//!   HTTP status: callers see the right code, but no message and no details.
//! - HTTP/2 servers limit the size of a request's headers: tonic and axum to 16 KiB in total. A
//!   larger token never reaches the layer. The server responds with 431, which clients report as
//!   `UNKNOWN`.
//!
//! # Examples
//!
//! ```no_run
//! use tonic::transport::Server;
//! use tonic::{Request, Response, Status};
//! use tower_jwt_auth::tonic::{DetailedStatus, RequestExt as _};
//! use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer, Paths};
//!
//! async fn hello(request: Request<String>) -> Result<Response<String>, Status> {
//!     let claims: Claims = request.claims()?;
//!     Ok(Response::new(format!("hello {}", claims.subject().unwrap_or("anonymous"))))
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
//! let auth = JwtAuthLayer::builder(issuer)
//!     .skip_paths(Paths::grpc_methods(["grpc.health.v1.Health"])?)
//!     .rejection_response(DetailedStatus::new("api.example.com"))
//!     .build()?;
//! let (_, health) = tonic_health::server::health_reporter();
//! Server::builder()
//!     .layer(auth)
//!     .add_service(health) // and the service that `hello` is a method of
//!     .serve("0.0.0.0:50051".parse()?)
//!     .await?;
//! # drop(hello);
//! # Ok(())
//! # }
//! ```
//!
//! The example `grpc` has a server, its clients, and gRPC and HTTP on one port.
//!
//! # Which services
//!
//! | to protect | use |
//! |---|---|
//! | all services | `Server::builder().layer(auth)` |
//! | all but some services or methods | the same, with [`skip_paths`](crate::JwtAuthBuilder::skip_paths) and [`Paths::grpc_methods`](crate::Paths::grpc_methods) |
//! | one service | `.add_service(auth.layer(GreeterServer::new(…)))` (`tower::Layer`) |
//! | gRPC and HTTP on one port | `Routes::new(…).into_axum_router().merge(…).layer(auth)`, served by axum |
//!
//! # Streams
//!
//! The layer checks the request headers of a call, and a stream is one call, however long it runs:
//! - A token that expires or is revoked while a stream runs does not end the stream. To end it
//!   then, wrap the response in [`until_expiry`]: the caller gets `UNAUTHENTICATED`, and opens the
//!   stream again with a new token. The status ends the call, so wrapping the response is enough
//!   for bidirectional streams, too. A handler that reads a long request before it responds, such
//!   as one of a client stream, wraps the request.
//! - Scopes, and predicates of [`reject_revoked`](crate::JwtAuthBuilder::reject_revoked), are
//!   checked once, when the call begins. Short-lived tokens with [`until_expiry`] bound how long
//!   that decision lasts. [`Revocations`](crate::Revocations) end such a stream at once.
//! - A rejected call never reaches the handler, and its messages are not read. The connection stays
//!   open.
//!
//! # Client certificates and addresses
//!
//! tonic inserts the certificates of the client, and its address, into the extensions of a request.
//! This crate does not enable the features of tonic which those types need, so a function reads
//! them:
//!
//! ```
//! use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
//! use tower_jwt_auth::{ClientCertificate, ClientCertificates, ConfigError, TrustedProxies};
//!
//! /// For a server with TLS (`Server::tls_config`): tokens that are bound to a certificate.
//! fn certificates() -> ClientCertificates {
//!     ClientCertificates::from_extensions(|extensions| {
//!         let connection = extensions.get::<TlsConnectInfo<TcpConnectInfo>>()?;
//!         ClientCertificate::from_chain(&connection.peer_certs()?)
//!     })
//! }
//!
//! /// For a server behind a proxy that connects to it with TLS or without.
//! fn proxies() -> Result<TrustedProxies, ConfigError> {
//!     let proxies = TrustedProxies::networks(["10.1.2.3"])?;
//!     Ok(proxies.peer_from(|extensions| {
//!         let over_tls = extensions.get::<TlsConnectInfo<TcpConnectInfo>>();
//!         let over_tls = over_tls.map(TlsConnectInfo::get_ref);
//!         let peer = over_tls.or_else(|| extensions.get::<TcpConnectInfo>())?;
//!         peer.remote_addr().map(Into::into)
//!     }))
//! }
//! # drop((certificates(), proxies()));
//! ```

mod expiry;
mod request;
mod status;

use std::any::Any;

use ::tonic::body::Body;
use ::tonic::server::NamedService;
use bytes::Bytes;
use http_body_util::Full;

pub use expiry::{UntilExpiry, until_expiry};
pub use request::RequestExt;
pub use status::DetailedStatus;

use crate::{JwtAuth, Require};

/// Returns a body of tonic.
pub(crate) fn body_from(bytes: Bytes) -> Box<dyn Any> {
    Box::new(Body::new(Full::new(bytes)))
}

/// Returns the inner service's name, so that `add_service(auth.layer(service))` works.
impl<S: NamedService, C, R> NamedService for JwtAuth<S, C, R> {
    const NAME: &'static str = S::NAME;
}

/// Returns the inner service's name, so that `add_service(require.layer(service))` works.
impl<S: NamedService, C, R> NamedService for Require<S, C, R> {
    const NAME: &'static str = S::NAME;
}
