//! A web page without a framework, and the API of another origin that it calls.
//!
//! ```text
//! cargo run --example browser --features full -- ISSUER CLIENT_ID [PAGE_ADDRESS API_ADDRESS]
//! ```
//!
//! By default, the page is served on 127.0.0.1:8080 and the API on 127.0.0.1:8081. The example
//! prints the URL to open. The page signs in at the issuer with code and PKCE, gets tokens that are
//! bound to a key that no script can export (DPoP), shows challenges, does step-up authentication,
//! opens a WebSocket, and calls gRPC-Web.
//!
//! The client at the issuer is public and has two redirect URIs: those of the page with the paths
//! `/` and `/silent.html`. The API's URL is the audience, or with `/events` for the WebSocket; the
//! page asks for them as `resource` (RFC 8707). `tests/e2e/interop/browser.sh --by-hand` starts a
//! provider that is set up for this, and this example.

mod api;
mod events;
#[path = "../grpc/greeter.rs"]
mod greeter;
mod page;

use std::error::Error;

use axum::Router;
use tokio::net::TcpListener;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

const USAGE: &str = "usage: browser ISSUER CLIENT_ID [PAGE_ADDRESS API_ADDRESS]
  with the addresses 127.0.0.1:8080 and 127.0.0.1:8081 by default";

/// The origins of the page and the API, and the issuer.
#[derive(Clone, Debug)]
struct Sites {
    page: String,
    api: String,
    issuer: String,
    client_id: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_writer(std::io::stderr)
        .init();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (issuer, client_id, page, api) = match arguments.as_slice() {
        [issuer, client] => (issuer, client, "127.0.0.1:8080", "127.0.0.1:8081"),
        [issuer, client, page, api] => (issuer, client, page.as_str(), api.as_str()),
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    let (page, api) = (bind(page).await?, bind(api).await?);
    let sites = Sites {
        page: format!("http://{}", page.local_addr()?),
        api: format!("http://{}", api.local_addr()?),
        issuer: issuer.clone(),
        client_id: client_id.clone(),
    };
    serve(&sites, page, api).await
}

async fn bind(address: &str) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("can't listen on {address}: {error}"))
}

async fn serve(sites: &Sites, page: TcpListener, api: TcpListener) -> Result<(), Box<dyn Error>> {
    let (page_app, api_app) = (page::app(sites)?, api::app(sites)?);
    println!("open {}/ (the API is {})", sites.page, sites.api);
    let run = |listener, app: Router| axum::serve(listener, app).into_future();
    tokio::try_join!(run(page, page_app), run(api, api_app))?;
    Ok(())
}
