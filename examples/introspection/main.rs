//! A server whose callers have opaque tokens: the issuer is asked about each, at the introspection
//! endpoint that its metadata names (RFC 7662).
//!
//! ```sh
//! CLIENT_SECRET=… cargo run --example introspection --features full -- \
//!   https://login.example.com https://api.example.com orders-api 127.0.0.1:8080
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/me
//! ```
//!
//! The arguments are the issuer, the audience, the id of this service as a client of the issuer,
//! and the address. In place of a secret, the service authenticates with `--key` (a signed
//! assertion) or `--identity` (its certificate). `--help` prints the options. `/health` returns the
//! state of introspection.

mod credentials;
mod options;

use std::process::ExitCode;

use axum::routing::get;
use axum::{Json, Router};
use tower_jwt_auth::{
    Claims, IntrospectionSettings, Issuer, IssuerHealth, JwtAuthBuilder, JwtAuthLayer,
};

use crate::options::{Command, Options, USAGE};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

async fn me(claims: Claims) -> String {
    let subject = claims.subject().or(claims.client_id());
    let scopes: Vec<_> = claims.scopes().collect();
    format!("{} {}", subject.unwrap_or("anonymous"), scopes.join(" "))
}

fn auth(options: &Options) -> Result<JwtAuthBuilder> {
    let mut settings = IntrospectionSettings::default().max_ttl(options.ttl);
    if options.is_signed {
        let signer = Issuer::discovery(&options.issuer, options.client_id.as_str());
        settings = settings.signed_responses(signer);
    }
    let credentials = options.credentials.read(&options.client_id)?;
    let audience = options.audience.as_str();
    let issuer = Issuer::introspection_discovery(&options.issuer, credentials, audience)
        .introspection_settings(settings);
    let issuer = match options.credentials.http_client()? {
        Some(client) => issuer.http_client(client),
        None => issuer,
    };
    Ok(JwtAuthLayer::builder(issuer))
}

async fn serve(options: Options) -> Result<()> {
    let auth = auth(&options)?.build()?;
    let authenticator = auth.authenticator().clone();
    let health = move || async move { Json::<Vec<IssuerHealth>>(authenticator.health()) };
    let app = Router::new()
        .route("/me", get(me))
        .layer(auth)
        .route("/health", get(health));
    let listener = tokio::net::TcpListener::bind(&options.address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let options = match Options::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Command::Serve(options)) => options,
        Err(error) => {
            eprintln!("introspection: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = serve(options).await {
        eprintln!("introspection: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
