//! The routes.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};
use tonic_health::pb::health_server::{Health, HealthServer};
use tower_jwt_auth::{Authenticator, Claims, JwtAuthLayer, ReadyWhen, StepUp, SteppedUp};

use crate::auth::Auth;

pub(crate) fn app(auth: Auth) -> Router {
    let Auth { layer, sharing, .. } = auth;
    let sharing = sharing.map(|routes| routes.router(layer.clone()));
    protected(layer).merge(sharing.unwrap_or_default())
}

/// Returns the routes, a line each, and what they require.
pub(crate) fn listing(auth: &Auth, accepts_logout_tokens: bool) -> String {
    let mut routes = Vec::from(
        [
            "GET /whoami                        a token: responds with its claims",
            "DELETE /account                    a token of a user who has signed in recently",
            "POST /grpc.health.v1.Health/Check  a token (gRPC)",
            "GET /public                        nothing",
            "GET /healthz                       nothing: the status; from this host, the state of keys",
        ]
        .map(ToOwned::to_owned),
    );
    if let Ok(metadata) = auth.layer.metadata_service() {
        routes.push(format!("GET {}", metadata.path()));
    }
    if auth.sharing.is_some() {
        routes.push("POST /sign-out, POST /sign-out-everywhere, GET /once".to_owned());
    }
    if accepts_logout_tokens {
        routes.push("POST /backchannel-logout".to_owned());
    }
    format!("routes, and what they require:\n{}\n", routes.join("\n"))
}

fn protected(auth: JwtAuthLayer) -> Router {
    let authenticator = auth.authenticator().clone();
    let metadata = auth.metadata_service().ok();
    let app = Router::new()
        .route("/whoami", get(whoami))
        .route("/account", delete(delete_account))
        .route_service("/grpc.health.v1.Health/{method}", grpc_health())
        // `route_layer` protects the routes above. Unknown paths are still answered with 404.
        .route_layer(auth)
        .route("/public", get(public))
        .route("/healthz", get(healthz))
        .with_state(authenticator);
    // The layer does not see requests for other routes, so the document has one of its own.
    match metadata {
        Some(metadata) => app.route_service(&metadata.path(), metadata),
        None => app,
    }
}

/// Returns the standard health service. It shares the port, since axum takes HTTP/1.1 and HTTP/2.
fn grpc_health() -> HealthServer<impl Health> {
    let (_, health) = tonic_health::server::health_reporter();
    health
}

async fn public() -> &'static str {
    "this is public\n"
}

/// Responds with the claims as they were signed. They are not parsed and serialized again, which
/// could change numbers.
async fn whoami(claims: Claims) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        claims.json().to_owned(),
    )
}

/// The user has signed in within five minutes.
struct Recent;

impl StepUp for Recent {
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(5 * 60));
}

/// A stolen token is of no use here for long, and a client that gets 401 knows to send its user to
/// the issuer (RFC 9470).
async fn delete_account(_: SteppedUp<Recent>) -> &'static str {
    "the account would be deleted now\n"
}

/// Responds with the status: `ready`, `degraded` or `not_ready`, as `HealthService` does. A peer on
/// the same host also gets the health of every issuer: key ids, ages, and the last error, which may
/// name files. Behind a proxy on the same host, all peers are on it: then the proxy must not pass
/// this route.
///
/// The status is 200 even while an issuer has no keys: the process is healthy, and restarting it
/// would not help.
async fn healthz(
    State(authenticator): State<Authenticator>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Json<Value> {
    let status = authenticator.readiness(&ReadyWhen::AnyIssuer).status;
    if !peer.ip().to_canonical().is_loopback() {
        return Json(json!({"status": status}));
    }
    let issuers = authenticator.health();
    let revocations = authenticator.revocation_health();
    Json(json!({"status": status, "issuers": issuers, "revocations": revocations}))
}
