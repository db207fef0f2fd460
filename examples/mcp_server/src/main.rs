//! A server of the Model Context Protocol (MCP), written with the official SDK `rmcp`: its tools
//! are protected by one `JwtAuthLayer`, and each tool requires a scope of its own.
//!
//! ```sh
//! cargo run --manifest-path examples/mcp_server/Cargo.toml -- \
//!   https://login.example.com https://notes.example.com/mcp 127.0.0.1:8080
//! ```
//!
//! The arguments are the issuer, the public URL of the server, which its tokens must have in `aud`,
//! and the address on which it listens. Plain `http` is allowed on loopback only. `docs/mcp.md`
//! explains what a client sees.

mod auth;
mod notes;

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use http::Uri;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

use notes::NotesServer;

const USAGE: &str = "usage: mcp_server ISSUER RESOURCE ADDRESS";

/// Returns the settings of the SDK for a server without sessions, under the name of this resource.
fn config(resource: &Uri, origin: &str) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        // A session would belong to everyone who knows its id, whatever their token says.
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(resource.authority().map(ToString::to_string))
        .with_allowed_origins([origin])
}

fn app(issuer: &str, resource: &str) -> Result<Router, Box<dyn Error>> {
    let uri: Uri = resource.parse()?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(format!("RESOURCE {resource:?}: must be a URL").into());
    };
    let origin = format!("{scheme}://{authority}");
    let notes = NotesServer::default();
    let service = StreamableHttpService::new(
        move || Ok(notes.clone()),
        Arc::new(NeverSessionManager::default()),
        config(&uri, &origin),
    );
    let router = Router::new().route_service(uri.path(), service);
    Ok(auth::protect(router, issuer, resource, &origin)?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_writer(std::io::stderr)
        .init();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [issuer, resource, address] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    let app = app(issuer, resource)?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
