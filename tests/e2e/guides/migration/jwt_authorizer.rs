//! The program of `docs/migration/jwt_authorizer.md`.

use std::time::Duration;

use axum::{Router, routing::get};
use serde::Deserialize;
use tower_jwt_auth::{Claims, ConfigError, Issuer};

use super::Program;
use crate::site::{JwtAuthLayer, StandIn as _};

pub(super) const PROGRAM: Program = ("jwt_authorizer", app);

#[derive(Deserialize)]
struct User {
    sub: String,
    tenant: String,
}

async fn me(user: Claims<User>) -> String {
    format!("{} of {}", user.sub, user.tenant)
}

fn app() -> Result<Router, ConfigError> {
    let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
    let auth = JwtAuthLayer::builder(issuer)
        .leeway(Duration::from_secs(30))
        .claims::<User>()
        .authorize(|user| user.tenant == "acme")
        .build()?;
    Ok(Router::new().route("/me", get(me)).layer(auth))
}
