//! gRPC services with tonic.
//!
//! Mind:
//! - A token is checked when a call begins. A stream may outlive it: [`until_expiry`] ends the stream when the token
//!   ends, nothing else does. See [below](#streams).
//! - [`skip`](crate::JwtAuthBuilder::skip) opens paths, not services: [`grpc_methods`] compares them exactly.
//! - HTTP/2 servers bound the size of a request's headers: tonic's and axum's to 16 KiB, all of them together. A larger
//!   token never reaches the layer; the server answers 431, which clients report as `UNKNOWN`.
//!
//! [`JwtAuthLayer`](crate::JwtAuthLayer) needs none of this to protect tonic: refused calls get their `grpc-status` in any
//! case (see [`Challenge`](crate::Challenge)). This module makes it comfortable.
//!
//! ```no_run
//! use tonic::transport::Server;
//! use tonic::{Request, Response, Status};
//! use tower_jwt_auth::tonic::{DetailedStatus, RequestExt as _, grpc_methods};
//! use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer, JsonClaims};
//!
//! async fn hello(request: Request<String>) -> Result<Response<String>, Status> {
//!     let claims: Claims = request.claims()?;
//!     Ok(Response::new(format!("hello {}", claims.subject().unwrap_or("stranger"))))
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::discover("https://login.example.com/", "https://api.example.com");
//! let auth = JwtAuthLayer::<JsonClaims>::builder(issuer)
//!     .skip(grpc_methods(["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]))
//!     .response(DetailedStatus::new("api.example.com"))
//!     .build()?;
//! let (_, health) = tonic_health::server::health_reporter();
//! Server::builder()
//!     .layer(auth) // <- the one line
//!     .add_service(health) // and the service that `hello` is a method of
//!     .serve("0.0.0.0:50051".parse()?)
//!     .await?;
//! # drop(hello);
//! # Ok(())
//! # }
//! ```
//!
//! The example `grpc` shows a server, its callers, and gRPC and HTTP on one port.
//!
//! # Which services
//!
//! | to protect | do |
//! |---|---|
//! | all services | `Server::builder().layer(auth)` |
//! | all but some services or methods | the same, with [`skip`](crate::JwtAuthBuilder::skip) and [`grpc_methods`] |
//! | one service | `.add_service(auth.layer(GreeterServer::new(…)))` (`tower::Layer`) |
//! | gRPC and HTTP on one port | `Routes::new(…).into_axum_router().merge(…).layer(auth)`, served by axum |
//!
//! # Streams
//!
//! The layer sees the head of a call, and a stream is one call, be it a day long. What follows from that:
//! - A token that expires, or is revoked, while a stream runs does not end the stream. Where it should, wrap the
//!   response in [`until_expiry`]: at `exp` the caller gets `UNAUTHENTICATED` and opens the stream again with a new token.
//!   The status ends the call, so for client and bidirectional streams too it is enough to wrap the response; a handler
//!   that reads a long request before it answers wraps the request.
//! - Revocation and scopes are looked at once, at the start: short tokens with [`until_expiry`] bound how long an old
//!   decision lives.
//! - A refused call never reaches the handler, and its messages are not read. The connection goes on.

mod expiry;
mod methods;
mod request;
mod status;

use ::tonic::server::NamedService;

pub use expiry::{UntilExpiry, until_expiry};
pub use methods::grpc_methods;
pub use request::RequestExt;
pub use status::DetailedStatus;

use crate::service::JwtAuth;

/// A protected service keeps its name, so that a single one can be protected: `add_service(auth.layer(service))`.
impl<S: NamedService, C, R> NamedService for JwtAuth<S, C, R> {
    const NAME: &'static str = S::NAME;
}
