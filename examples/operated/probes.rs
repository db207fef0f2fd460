//! The probes, which need no token.

use axum::Router;
use tower_jwt_auth::{HealthService, JwtAuthLayer, RedisReplayStore};

/// Ready means that at least one issuer's keys are cached. Redis makes the server degraded only:
/// all instances share it, so taking them out of service would make the outage worse.
fn health(auth: &JwtAuthLayer, redis: Option<RedisReplayStore>) -> HealthService {
    let health = auth.health_service();
    match redis {
        Some(store) => health.add_component("redis", move || store.health().available),
        None => health,
    }
}

/// The reasons are of use to an attacker, too: they are shown on a listener of their own only.
pub(crate) fn routes(
    auth: &JwtAuthLayer,
    redis: Option<RedisReplayStore>,
    shows_reasons: bool,
) -> Router {
    let health = match health(auth, redis) {
        health if shows_reasons => health.show_reasons(),
        health => health,
    };
    Router::new()
        .route_service("/livez", health.clone())
        .route_service("/readyz", health.clone())
        .route_service("/healthz", health)
}
