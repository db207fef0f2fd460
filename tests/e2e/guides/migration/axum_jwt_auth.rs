//! The program of `docs/migration/axum_jwt_auth.md`.

use axum::{Router, routing::get};
use serde::Deserialize;
use tower_jwt_auth::{Algorithm, Claims, ConfigError, Issuer};

use super::Program;
use crate::site::{JwtAuthLayer, StandIn as _};

pub(super) const PROGRAM: Program = ("axum_jwt_auth", app);

#[derive(Deserialize)]
struct User {
    sub: String,
    tenant: String,
}

async fn me(user: Claims<User>) -> String {
    format!("{} of {}", user.sub, user.tenant)
}

fn app() -> Result<Router, ConfigError> {
    let keys = "https://login.example.com/keys";
    let issuer = Issuer::jwks(
        "https://login.example.com/",
        keys,
        "https://api.example.com",
    )
    .algorithms([Algorithm::RS256]);
    let auth = JwtAuthLayer::builder(issuer).claims::<User>().build()?;
    Ok(Router::new().route("/me", get(me)).layer(auth))
}
