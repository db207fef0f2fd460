//! Tokens that are bound to the client's certificate (mTLS, RFC 8705), behind three servers that
//! terminate TLS themselves: axum on axum-server, axum on hyper with tokio-rustls, and tonic.
//!
//! ```text
//! cargo run --example mtls --features full
//! ```
//!
//! makes a certificate authority and certificates, starts an issuer and the servers, calls each of
//! them with a token that is bound to the certificate of alice, prints the answers, and ends:
//!
//! ```text
//! axum-server, certificate of alice: 200 OK, hello alice
//! axum-server, certificate of mallory: 401 Unauthorized, Bearer error="invalid_token",…
//! axum-server, no certificate: 401 Unauthorized, Bearer error="invalid_token",…
//! hyper, certificate of alice: 200 OK, hello alice
//! …
//! tonic, certificate of alice: Serving
//! tonic, certificate of mallory: Unauthenticated, …
//! tonic, no certificate: Unauthenticated, …
//! ```
//!
//! With your own issuer and certificates, it serves until it is ended, and prints the addresses:
//!
//! ```text
//! … --features full -- --issuer https://login.example.com/ --audience https://api.example.com \
//!     --client-ca clients.pem --certificate certificate.pem --key key.pem
//! ```
//!
//! The servers request a certificate without requiring one: a request without it gets a 401 that
//! says why, and not an error of TLS. Behind a proxy that terminates TLS, see
//! `docs/sender-constrained.md`.

mod axum_server;
mod calls;
mod demo;
mod hyper_server;
mod options;
mod pki;
mod server_tls;
mod tonic_server;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::{Router, routing::get};
use tower_jwt_auth::{Claims, ClientCertificates, Issuer, JwtAuthLayer};

use crate::options::{Command, Options};
use crate::server_tls::ServerTls;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The addresses of the servers.
struct Servers {
    axum_server: SocketAddr,
    hyper: SocketAddr,
    tonic: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Options::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            println!("{}", options::USAGE);
            Ok(())
        }
        Ok(Command::Demo) => demo::run().await,
        Ok(Command::Serve(options)) => serve(&options).await,
        Err(error) => {
            eprintln!("mtls: {error}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    result.map_or_else(
        |error| {
            eprintln!("mtls: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// Serves until Ctrl-C.
async fn serve(options: &Options) -> Result<()> {
    let servers = start(&options.issuer, &options.audience, &options.tls()?).await?;
    println!(
        "listening on https://{} (axum-server), https://{} (hyper), https://{} (tonic)",
        servers.axum_server, servers.hyper, servers.tonic
    );
    Ok(tokio::signal::ctrl_c().await?)
}

/// Starts the servers, each on a free port of 127.0.0.1.
async fn start(issuer: &str, audience: &str, tls: &ServerTls) -> Result<Servers> {
    let auth = |certificates| auth(issuer, audience, certificates);
    Ok(Servers {
        axum_server: axum_server::start(tls, auth)?,
        hyper: hyper_server::start(tls, auth).await?,
        tonic: tonic_server::start(tls, auth).await?,
    })
}

/// Returns a layer that accepts only tokens that are bound to the client's certificate.
fn auth(issuer: &str, audience: &str, certificates: ClientCertificates) -> Result<JwtAuthLayer> {
    let issuer = Issuer::discovery(issuer, audience);
    let builder = JwtAuthLayer::builder(issuer).mtls(certificates.required());
    Ok(builder.build()?)
}

fn app(auth: JwtAuthLayer) -> Router {
    Router::new().route("/me", get(me)).layer(auth)
}

async fn me(claims: Claims) -> String {
    format!("hello {}", claims.subject().unwrap_or("anonymous"))
}
