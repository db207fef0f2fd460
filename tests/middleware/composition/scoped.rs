//! Required scopes under axum: on routers, on routes and in the signatures of handlers.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, Response, StatusCode};
use tower::ServiceExt as _;
use tower_jwt_auth::{ErrorKind, Issuer, JwtAuthLayer, RequireLayer, Scoped, Scopes};

use crate::composition::watched::rejected;
use crate::support::system_clock::layer;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

struct OrdersRead;

impl Scopes for OrdersRead {
    const ALL: &'static [&'static str] = &["orders:read", "profile"];
}

async fn orders(caller: Scoped<OrdersRead>) -> String {
    format!("orders of {}", caller.subject().unwrap_or_default())
}

fn token(scope: &str) -> String {
    default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .scope(scope)
        .sign()
}

async fn send(app: &Router, path: &str, token: Option<&str>) -> Response<Body> {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_handler_is_called_with_the_claims_when_its_scopes_are_granted() {
    let app = Router::new().route("/", get(orders)).layer(layer());
    let response = send(&app, "/", Some(&token("profile orders:read"))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        to_bytes(response.into_body(), 100).await.unwrap(),
        "orders of test-subject"
    );
}

#[tokio::test]
async fn a_handler_whose_scopes_are_not_granted_answers_as_the_layer_does() {
    let app = Router::new().route("/", get(orders)).layer(layer());
    let by_layer = RequireLayer::all_scopes(["orders:read", "profile"]).unwrap();
    let layered = Router::new()
        .route("/", get(|| async {}).layer(by_layer))
        .layer(layer());
    for app in [app, layered] {
        let response = send(&app, "/", Some(&token("orders:read"))).await;
        assert_eq!(
            rejected(&response, StatusCode::FORBIDDEN),
            ErrorKind::InsufficientScope
        );
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(
            challenge.starts_with("Bearer error=\"insufficient_scope\""),
            "{challenge}"
        );
        assert!(
            challenge.ends_with(",scope=\"orders:read profile\""),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn a_handler_without_the_layer_answers_500() {
    let app = Router::new().route("/", get(orders));
    let response = send(&app, "/", Some(&token("profile orders:read"))).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn in_optional_mode_a_handler_asks_a_request_without_a_token_for_one() {
    let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .optional()
        .build()
        .unwrap();
    let response = send(
        &Router::new().route("/", get(orders)).layer(auth),
        "/",
        None,
    )
    .await;
    assert_eq!(
        rejected(&response, StatusCode::UNAUTHORIZED),
        ErrorKind::MissingToken
    );
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn each_route_and_each_method_can_require_its_own_scopes() {
    let require = |scope: &str| RequireLayer::all_scopes([scope]).unwrap();
    let app = Router::new()
        .route(
            "/orders",
            get(|| async {})
                .layer(require("orders:read"))
                .post(|| async {})
                .layer(require("shop")),
        )
        .route("/bills", get(|| async {}))
        .route_layer(require("any"))
        .layer(layer());
    for (path, scope, status) in [
        ("/orders", "any shop orders:read", StatusCode::OK),
        ("/orders", "any shop", StatusCode::FORBIDDEN),
        ("/orders", "shop orders:read", StatusCode::FORBIDDEN),
        ("/bills", "any", StatusCode::OK),
        ("/nowhere", "none", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(
            send(&app, path, Some(&token(scope))).await.status(),
            status,
            "{path} {scope}"
        );
    }
    let post =
        Request::post("/orders").header("authorization", format!("Bearer {}", token("any shop")));
    assert_eq!(
        app.oneshot(post.body(Body::empty()).unwrap())
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
}
