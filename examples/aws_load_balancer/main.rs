//! A server behind an Application Load Balancer of AWS that authenticates users.
//!
//! ```text
//! cargo run --example aws_load_balancer --features full -- REGION LOAD_BALANCER_ARN ISSUER [ADDRESS]
//! curl -i http://127.0.0.1:8080/whoami                # 401: the load balancer adds the token
//! ```
//!
//! The load balancer adds the user's claims to each request, in `x-amzn-oidc-data`, and signs them.
//! `docs/providers/aws_load_balancer.md` has the guide. With
//! `RUST_LOG=info,tower_jwt_auth::diagnosis=debug`, the log says why a token is rejected.

mod keys;

use std::env::args;

use axum::{Router, routing::get};
use http::HeaderName;
use tower_jwt_auth::{Algorithm, Audience, Claims, HttpClient, Issuer, JwtAuthLayer, TokenSource};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

use self::keys::{BoxError, LoadBalancerKeys};

const USAGE: &str = "usage: aws_load_balancer REGION LOAD_BALANCER_ARN ISSUER [ADDRESS]";

async fn who_am_i(claims: Claims) -> String {
    claims.subject().unwrap_or("anonymous").to_owned()
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .init();
    let mut args = args().skip(1);
    let (Some(region), Some(balancer), Some(issuer)) = (args.next(), args.next(), args.next())
    else {
        return Err(USAGE.into());
    };
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    if !balancer.starts_with("arn:") {
        return Err("LOAD_BALANCER_ARN: must start with arn:".into());
    }
    let keys = LoadBalancerKeys::new(&region, HttpClient::default())?;
    let audience = Audience::header_parameter("signer", [balancer]);
    let issuer = Issuer::from_key_source(issuer, keys, audience).algorithms([Algorithm::ES256]);
    let data = TokenSource::header(HeaderName::from_static("x-amzn-oidc-data"));
    let auth = JwtAuthLayer::builder(issuer)
        .allow_padding()
        .token_sources([data])
        .build()?;
    let app = Router::new().route("/whoami", get(who_am_i)).layer(auth);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
