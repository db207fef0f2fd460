//! A server in a Kubernetes cluster that other pods call with the tokens of their service accounts.
//!
//! ```text
//! cargo run --example kubernetes --features full -- [ISSUER [AUDIENCE]]
//! ```
//!
//! The API server is the issuer. It has a certificate by the authority of the cluster, and gives
//! its keys to service accounts only, which the role `system:service-account-issuer-discovery`
//! allows. A pod gets a token for this server with a projected volume that names the audience.

mod client;

use std::env::args;

use axum::{Router, routing::get};
use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer};

use self::client::{BoxError, Files};

/// Answers with `system:serviceaccount:NAMESPACE:NAME`.
async fn who_am_i(claims: Claims) -> String {
    claims.subject().unwrap_or("anonymous").to_owned()
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut args = args().skip(1);
    let issuer = args.next();
    let issuer = issuer.unwrap_or_else(|| "https://kubernetes.default.svc.cluster.local".into());
    let audience = args.next().unwrap_or_else(|| "https://api.example".into());
    let issuer =
        Issuer::discovery(issuer, audience).http_client(client::client(&Files::of_the_pod())?);
    let auth = JwtAuthLayer::builder(issuer).build()?;
    auth.authenticator().prefetch().await?;
    let app = Router::new().route("/whoami", get(who_am_i)).layer(auth);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
