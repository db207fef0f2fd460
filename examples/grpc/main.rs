//! gRPC protected by one layer: a tonic server, and a server that takes gRPC and HTTP on one port.
//!
//! ```text
//! cargo run --example grpc --features full
//! ```
//!
//! starts an issuer and both servers, calls them, prints the answers, and serves until Ctrl-C:
//!
//! ```text
//! listening on http://127.0.0.1:… (gRPC and HTTP)
//! listening on http://127.0.0.1:… (gRPC)
//! gRPC Health/Check without a token: Serving
//! gRPC Greeter/Hello without a token: Unauthenticated, the request has no verified access token (MISSING_TOKEN)
//! gRPC Greeter/Hello with an expired token: Unauthenticated, the access token has expired (EXPIRED)
//! gRPC Greeter/Hello with a valid token: hello alice
//! gRPC Greeter/Greet with a valid token: hello bob and carol, from alice
//! gRPC Greeter/Chat with a valid token: alice said bob, alice said carol
//! gRPC Greeter/Ticks with a token for 2 s: tick 1, Unauthenticated, the access token has expired
//! …
//! HTTP /me without a token: 401 Unauthorized
//! HTTP /me with a valid token: 200 OK, hello alice
//! ```
//!
//! The gRPC lines are printed twice, because both ports serve gRPC.

mod calls;
mod client;
mod greeter;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::server::health_reporter;
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::tonic::DetailedStatus;
use tower_jwt_auth::{Claims, Issuer, JsonClaims, JwtAuthLayer, Paths};

use crate::greeter::Greeter;

const AUDIENCE: &str = "https://api.example";

type Auth = JwtAuthLayer<JsonClaims, DetailedStatus>;
type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let issuer = TestIssuer::start().await?;
    let auth = auth(issuer.issuer())?;
    let both = serve_both(auth.clone()).await?;
    let grpc = serve_grpc(auth).await?;
    println!("listening on http://{both} (gRPC and HTTP)\nlistening on http://{grpc} (gRPC)");
    let token = || issuer.token().audience(AUDIENCE).subject("alice");
    calls::grpc(grpc, token).await?;
    calls::grpc(both, token).await?;
    calls::http(both, &token().sign()).await?;
    println!("To stop: Ctrl-C.");
    Ok(tokio::signal::ctrl_c().await?)
}

/// Returns a layer that requires a token for every method except health checks. Rejections carry
/// machine-readable error details.
fn auth(issuer: &str) -> Result<Auth> {
    let builder = JwtAuthLayer::builder(Issuer::discovery(issuer, AUDIENCE));
    let builder = builder.skip_paths(Paths::grpc_methods(["grpc.health.v1.Health"])?);
    Ok(builder
        .rejection_response(DetailedStatus::new("greeter.example"))
        .build()?)
}

/// Starts a tonic server.
async fn serve_grpc(auth: Auth) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (_, health) = health_reporter();
    let server = Server::builder()
        .layer(auth) // <- the one line
        .add_service(health)
        .add_service(Greeter);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    Ok(address)
}

/// Starts axum and tonic on one port, with HTTP/1.1 and HTTP/2 without TLS. gRPC calls are rejected
/// with a gRPC status, HTTP requests with an HTTP status.
async fn serve_both(auth: Auth) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (_, health) = health_reporter();
    let app = Routes::new(health)
        .add_service(Greeter)
        .into_axum_router()
        .merge(Router::new().route("/me", get(me)))
        .layer(auth); // <- the one line
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

async fn me(claims: Claims) -> String {
    format!("hello {}", claims.subject().unwrap_or("anonymous"))
}
