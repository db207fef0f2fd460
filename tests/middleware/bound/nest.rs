//! Proofs inside axum's `nest`, which strips its prefix from the URI.

use ::axum::Router;
use ::axum::body::Body;
use ::axum::extract::OriginalUri;
use ::axum::routing::post as post_route;
use http::{Request, StatusCode};
use tower::ServiceExt as _;
use tower_jwt_auth::Dpop;

use crate::support::dpop::{bound, client, dpop, layer_with};
use crate::support::{block_on, clock};

fn status(app: &Router, path: &str, htu: &str) -> StatusCode {
    let token = bound();
    let proof = client().proof("POST", htu, &token).clock(&clock()).sign();
    let request = Request::post(path)
        .header("host", "api.example")
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof);
    let request = request.body(Body::empty()).unwrap();
    block_on(app.clone().oneshot(request)).unwrap().status()
}

fn routes() -> Router {
    Router::new().route("/list", post_route(|| async {}))
}

fn with_original_uri() -> Dpop {
    dpop().proof_uri(|request| {
        let original = request.extensions().get::<OriginalUri>();
        original.map_or(request.uri(), |uri| &uri.0)
    })
}

const WHOLE: &str = "https://api.example/orders/list";
const WITHOUT_PREFIX: &str = "https://api.example/list";

#[test]
fn above_the_nest_the_layer_sees_the_whole_path() {
    let app = Router::new()
        .nest("/orders", routes())
        .layer(layer_with(dpop()));
    assert_eq!(status(&app, "/orders/list", WHOLE), 200);
    assert_eq!(status(&app, "/orders/list", WITHOUT_PREFIX), 401);
}

#[test]
fn below_the_nest_the_original_uri_has_the_whole_path() {
    let nested = routes().layer(layer_with(with_original_uri()));
    let app = Router::new().nest("/orders", nested);
    assert_eq!(status(&app, "/orders/list", WHOLE), 200);
    assert_eq!(status(&app, "/orders/list", WITHOUT_PREFIX), 401);
    // As documented: without the setting, the prefix is missing.
    let app = Router::new().nest("/orders", routes().layer(layer_with(dpop())));
    assert_eq!(status(&app, "/orders/list", WHOLE), 401);
    assert_eq!(status(&app, "/orders/list", WITHOUT_PREFIX), 200);
}

#[test]
fn a_public_origin_with_the_prefix_has_the_same_effect() {
    let settings = dpop().public_origin("https://api.example/orders").unwrap();
    let app = Router::new().nest("/orders", routes().layer(layer_with(settings)));
    assert_eq!(status(&app, "/orders/list", WHOLE), 200);
}
