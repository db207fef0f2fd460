//! The shortest program: an axum router with every route protected by one layer.
//!
//! ```text
//! cargo run --example quickstart --features axum -- ISSUER AUDIENCE [ADDRESS]
//! curl -i http://127.0.0.1:3000/                                    # 401, `www-authenticate: Bearer`
//! curl -i http://127.0.0.1:3000/ -H "Authorization: Bearer $TOKEN"  # 200, `hello SUBJECT`
//! ```
//!
//! ISSUER is the provider's URL, exactly as its tokens have it in `iss`. AUDIENCE is the value that
//! its tokens must have in `aud`. The keys are fetched before the first request; if that fails, the
//! program exits with an error. With `RUST_LOG=info,tower_jwt_auth::diagnosis=debug`, the log says
//! why a token is rejected. `examples/try_it` needs no provider: it comes with an issuer of its own.
//! The example `resource_server` also starts while a provider is unavailable.

use axum::{Router, routing::get};
use tower_jwt_auth::{Claims, JwtAuthLayer};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .init();
    let mut args = std::env::args().skip(1);
    let (Some(issuer), Some(audience)) = (args.next(), args.next()) else {
        eprintln!("usage: quickstart ISSUER AUDIENCE [ADDRESS]");
        std::process::exit(2);
    };
    let address = args.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());

    let auth = JwtAuthLayer::discover(issuer, audience).await?;
    let app = Router::new().route("/", get(hello)).layer(auth);

    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn hello(claims: Claims) -> String {
    format!("hello {}\n", claims.subject().unwrap_or("anonymous"))
}
