//! Who may call the server, and which tool requires which scope.

use axum::Router;
use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer};

pub(crate) fn protect(router: Router, issuer: &str, resource: &str) -> Result<Router, ConfigError> {
    let auth = JwtAuthLayer::builder(Issuer::discovery(issuer, resource)).build()?;
    Ok(router.layer(auth))
}
