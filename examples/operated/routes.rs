//! The routes.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use tower_jwt_auth::{Claims, RequireLayer};

use crate::Result;
use crate::auth::Auth;
use crate::probes;
use crate::telemetry::Telemetry;

/// The routes of this server.
pub(crate) struct Routes {
    /// All of them need a token.
    pub(crate) app: Router,
    /// The metrics and probes, which need none.
    pub(crate) admin: Router,
}

/// `has_listener` says whether the metrics and probes have a listener of their own.
pub(crate) fn routes(auth: Auth, telemetry: Telemetry, has_listener: bool) -> Result<Routes> {
    let Auth { layer, redis } = auth;
    let probes = probes::routes(&layer, redis, has_listener);
    let authenticator = layer.authenticator().clone();
    let metrics = move || async move {
        let text = telemetry.render(&authenticator);
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
    };
    let admin = get(me).layer(RequireLayer::all_scopes(["admin"])?);
    Ok(Routes {
        app: Router::new()
            .route("/me", get(me))
            .route("/admin", admin)
            .route_layer(layer),
        admin: probes.route("/metrics", get(metrics)),
    })
}

async fn me(claims: Claims) -> String {
    let subject = claims.subject().or(claims.client_id());
    format!("hello {}\n", subject.unwrap_or("anonymous"))
}
