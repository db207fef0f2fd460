//! What is served.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tonic_health::pb::health_server::{Health, HealthServer};
use tower_jwt_auth::{Authenticator, Claims, JwtAuthLayer};

pub(crate) fn app(auth: JwtAuthLayer) -> Router {
    let authenticator = auth.authenticator().clone();
    Router::new()
        .route("/whoami", get(whoami))
        .route_service("/grpc.health.v1.Health/{method}", grpc_health())
        // Protects the routes above it, and leaves paths that don't exist their 404.
        .route_layer(auth)
        .route("/public", get(public))
        .route("/healthz", get(healthz))
        .with_state(authenticator)
}

/// The standard health service, on the same port: axum takes HTTP/1.1 and HTTP/2.
fn grpc_health() -> HealthServer<impl Health> {
    let (_, health) = tonic_health::server::health_reporter();
    health
}

async fn public() -> &'static str {
    "everybody may read this\n"
}

/// The claims as they were signed: not parsed and written again, so numbers stay what they were.
async fn whoami(claims: Claims) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        claims.json().to_owned(),
    )
}

/// Tells issuers, key ids and what failed. A service on the open internet should keep that inside.
///
/// 200 also while an issuer has no keys: this service is up, and to restart it would change nothing.
async fn healthz(State(authenticator): State<Authenticator>) -> Json<Value> {
    let issuers = authenticator.health();
    let status = if issuers.iter().all(|issuer| issuer.serving) {
        "ok"
    } else {
        "degraded"
    };
    Json(json!({"status": status, "issuers": issuers}))
}
