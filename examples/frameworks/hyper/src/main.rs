//! A hyper server without a framework: the layer wraps the service that each connection gets.
//!
//! ```text
//! cargo run --manifest-path examples/frameworks/hyper/Cargo.toml -- ISSUER AUDIENCE [ADDRESS]
//! ```

mod server;
#[cfg(test)]
mod tests;

use std::error::Error;

use tokio::net::TcpListener;
use tower_jwt_auth::JwtAuthLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(issuer), Some(audience)) = (args.next(), args.next()) else {
        return Err("usage: with_hyper ISSUER AUDIENCE [ADDRESS]".into());
    };
    let address = args.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let auth = JwtAuthLayer::discover(issuer, audience).await?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    server::serve(listener, auth).await;
    Ok(())
}
