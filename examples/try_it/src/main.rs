//! A protected axum server that can be tried without a provider: an issuer in the same process, and
//! `curl` commands to paste.
//!
//! ```text
//! cargo run --manifest-path examples/try_it/Cargo.toml
//! ```
//!
//! listens on 127.0.0.1:8080, or on a free port if that one is in use. An argument sets another
//! address. The log says why a token was rejected; `RUST_LOG` sets what it contains.
//!
//! It is a crate of its own, so that it builds what it needs and nothing else. A program that
//! fetches keys over TLS keeps the default features, and needs no HTTP client of its own: see the
//! example `quickstart`.

mod commands;

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;

use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Claims, ConfigError, HttpClient, Issuer, JwtAuthLayer, RequireLayer};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

const AUDIENCE: &str = "https://api.example";
const LOG: &str = "info,tower_jwt_auth::diagnosis=debug";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr()?;
    let issuer = TestIssuer::start().await?;
    // Plain HTTP is enough for an issuer on loopback.
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let trusted = Issuer::discovery(issuer.issuer(), AUDIENCE).http_client(HttpClient::new(client));
    let auth = JwtAuthLayer::builder(trusted).build()?;
    auth.authenticator().prefetch().await?;

    let listener = bind(std::env::args().nth(1)).await?;
    print!("{}", commands::text(listener.local_addr()?, &issuer));
    axum::serve(listener, app(auth)?).await?;
    Ok(())
}

fn app(auth: JwtAuthLayer) -> Result<Router, ConfigError> {
    let may_order = RequireLayer::all_scopes(["orders:write"])?;
    Ok(Router::new()
        .route("/whoami", get(whoami))
        .route("/orders", post(order).layer(may_order))
        .route_layer(auth) // <- the one line: it protects the routes above
        .route("/public", get(async || "this is public\n")))
}

async fn whoami(claims: Claims) -> String {
    format!("{}\n", claims.json())
}

async fn order(claims: Claims) -> String {
    format!("ordered for {}\n", claims.subject().unwrap_or("anonymous"))
}

fn log_to_stderr() -> Result<(), Box<dyn Error>> {
    let directives = std::env::var("RUST_LOG").unwrap_or_else(|_| LOG.to_owned());
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(log)
        .with(directives.parse::<Targets>()?)
        .init();
    Ok(())
}

async fn bind(address: Option<String>) -> io::Result<TcpListener> {
    match address {
        Some(address) => TcpListener::bind(address).await,
        None => match TcpListener::bind((Ipv4Addr::LOCALHOST, 8080)).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
            }
            bound => bound,
        },
    }
}
