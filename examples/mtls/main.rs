//! Tokens that are bound to the client's certificate (mTLS, RFC 8705), behind three servers that
//! terminate TLS themselves: axum on axum-server, axum on hyper with tokio-rustls, and tonic.
//!
//! ```text
//! cargo run --example mtls --all-features
//! ```
//!
//! makes an authority and certificates, starts an issuer and the servers, calls each of them with a
//! token that is bound to the certificate of alice, prints the answers, and ends:
//!
//! ```text
//! axum-server, certificate of alice: 200 OK, hello alice
//! axum-server, certificate of mallory: 401 Unauthorized, Bearer error="invalid_token",error_description="…"
//! axum-server, no certificate: 401 Unauthorized, Bearer error="invalid_token",error_description="…"
//! hyper, certificate of alice: 200 OK, hello alice
//! …
//! tonic, certificate of alice: Serving
//! tonic, certificate of mallory: Unauthenticated, …
//! tonic, no certificate: Unauthenticated, …
//! ```
//!
//! The servers ask for a certificate, and don't demand one: a request without it gets a 401 that
//! says why, and not an error of TLS. Behind a proxy that terminates TLS, see
//! `docs/sender-constrained.md`.

mod axum_server;
mod calls;
mod hyper_server;
mod pki;
mod tonic_server;

use std::error::Error;

use axum::{Router, routing::get};
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Claims, ClientCertificates, Issuer, JwtAuthLayer};

use crate::pki::{Authority, Client};

const AUDIENCE: &str = "https://api.example";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let issuer = TestIssuer::start().await?;
    let authority = Authority::new()?;
    let (alice, mallory) = (authority.client("alice")?, authority.client("mallory")?);

    let auth = |certificates| auth(&issuer, certificates);
    let axum_server = axum_server::start(&authority, auth)?;
    let hyper_server = hyper_server::start(&authority, auth).await?;
    let tonic_server = tonic_server::start(&authority, auth).await?;

    // A real issuer binds the token to the certificate with which the client asked for it.
    let token = issuer.token().audience(AUDIENCE).subject("alice");
    let token = token.bound_to_certificate(&alice.certificate).sign();
    let clients: [(&str, Option<&Client>); 3] = [
        ("certificate of alice", Some(&alice)),
        ("certificate of mallory", Some(&mallory)),
        ("no certificate", None),
    ];
    for (server, address) in [("axum-server", axum_server), ("hyper", hyper_server)] {
        for (name, client) in clients {
            let answer = calls::http(address, &authority, client, &token).await?;
            println!("{server}, {name}: {answer}");
        }
    }
    for (name, client) in clients {
        let answer = calls::grpc(tonic_server, &authority, client, &token).await?;
        println!("tonic, {name}: {answer}");
    }
    Ok(())
}

/// Returns a layer that accepts only tokens that are bound to the client's certificate.
fn auth(issuer: &TestIssuer, certificates: ClientCertificates) -> Result<JwtAuthLayer> {
    let issuer = Issuer::discovery(issuer.issuer(), AUDIENCE);
    let builder = JwtAuthLayer::builder(issuer).mtls(certificates.required());
    Ok(builder.build()?)
}

fn app(auth: JwtAuthLayer) -> Router {
    Router::new().route("/me", get(me)).layer(auth)
}

async fn me(claims: Claims) -> String {
    format!("hello {}", claims.subject().unwrap_or("anonymous"))
}
