//! The routes.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use tower_jwt_auth::{Claims, RequireLayer};

use crate::Result;
use crate::auth::Auth;
use crate::probes;
use crate::telemetry::Telemetry;

/// What is below the layer needs a token. The rest is merged afterwards.
pub(crate) fn app(auth: Auth, telemetry: Telemetry) -> Result<Router> {
    let Auth { layer, redis } = auth;
    let probes = probes::routes(&layer, redis);
    let authenticator = layer.authenticator().clone();
    let metrics = move || async move {
        let text = telemetry.render(&authenticator);
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
    };
    let admin = get(me).layer(RequireLayer::all_scopes(["admin"])?);
    Ok(Router::new()
        .route("/me", get(me))
        .route("/admin", admin)
        .route_layer(layer)
        .route("/metrics", get(metrics))
        .merge(probes))
}

async fn me(claims: Claims) -> String {
    let subject = claims.subject().or(claims.client_id());
    format!("hello {}\n", subject.unwrap_or("anonymous"))
}
