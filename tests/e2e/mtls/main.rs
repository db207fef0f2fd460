//! Tokens that are bound to the client's certificate, over real TLS: the servers of the example
//! `mtls` with clients that have the right certificate, another one, or none.

mod clients;
mod grpc;
mod http;
mod peers;
mod proxied;
mod proxies;
mod proxy;
mod resumption;

#[path = "../../../examples/mtls/axum_server.rs"]
mod axum_server;
#[path = "../../../examples/mtls/hyper_server.rs"]
mod hyper_server;
#[path = "../../../examples/mtls/pki.rs"]
mod pki;
#[path = "../../../examples/mtls/server_tls.rs"]
mod server_tls;
#[path = "../../../examples/mtls/tonic_server.rs"]
mod tonic_server;

#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;

use std::error::Error;

use axum::{Router, routing::get};
use tower_jwt_auth::{Claims, ClientCertificates, JwtAuthLayer};

use crate::pki::Client;
use crate::support::{builder, token};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Returns the router of the servers, as in the example.
fn app(auth: JwtAuthLayer) -> Router {
    Router::new().route("/me", get(me)).layer(auth)
}

async fn me(claims: Claims) -> String {
    let confirmation = claims.certificate_thumbprint().unwrap_or("none");
    format!("bound to {confirmation}")
}

// The servers take a function that can fail.
#[allow(clippy::unnecessary_wraps, reason = "the signature of the example")]
fn auth(certificates: ClientCertificates) -> Result<JwtAuthLayer> {
    Ok(builder().mtls(certificates.required()).build()?)
}

fn bound_to(client: &Client) -> String {
    token().bound_to_certificate(&client.certificate).sign()
}
