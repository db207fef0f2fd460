//! A server whose callers have opaque tokens: the issuer is asked about each, at the introspection
//! endpoint that its metadata names (RFC 7662).
//!
//! ```sh
//! CLIENT_SECRET=… cargo run --example introspection --features axum -- \
//!   https://login.example.com https://api.example.com orders-api 127.0.0.1:8080 [SECONDS [signed]]
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/me
//! ```
//!
//! The arguments are the issuer, the audience, the id of this service as a client of the issuer,
//! the address, for how long an answer is cached, and whether answers must be signed (RFC 9701).
//! `/health` returns the state of introspection.

use std::error::Error;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use tower_jwt_auth::{
    Claims, ConfigError, IntrospectionCredentials, IntrospectionSettings, Issuer, IssuerHealth,
    JwtAuthLayer,
};

const USAGE: &str = "usage: introspection ISSUER AUDIENCE CLIENT_ID ADDRESS [SECONDS [signed]], \
                     with the client's secret in CLIENT_SECRET";

async fn me(claims: Claims) -> String {
    let subject = claims.subject().or(claims.client_id());
    let scopes: Vec<_> = claims.scopes().collect();
    format!("{} {}", subject.unwrap_or("anonymous"), scopes.join(" "))
}

fn auth(
    issuer: &str,
    audience: &str,
    credentials: IntrospectionCredentials,
    settings: IntrospectionSettings,
) -> Result<JwtAuthLayer, ConfigError> {
    let issuer = Issuer::introspection_discovery(issuer, credentials, audience)
        .introspection_settings(settings);
    JwtAuthLayer::builder(issuer).build()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (Some([issuer, audience, client_id, address]), Ok(secret)) =
        (arguments.first_chunk::<4>(), std::env::var("CLIENT_SECRET"))
    else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    let seconds = arguments.get(4).map_or(Ok(60), |seconds| seconds.parse())?;
    let mut settings = IntrospectionSettings::default().max_ttl(Duration::from_secs(seconds));
    if arguments.get(5).is_some_and(|word| word == "signed") {
        settings = settings.signed_responses(Issuer::discovery(issuer, client_id.as_str()));
    }
    let credentials = IntrospectionCredentials::client_secret(client_id, secret);
    let auth = auth(issuer, audience, credentials, settings)?;
    let authenticator = auth.authenticator().clone();
    let health = move || async move { Json::<Vec<IssuerHealth>>(authenticator.health()) };
    let app = Router::new()
        .route("/me", get(me))
        .layer(auth)
        .route("/health", get(health));
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
