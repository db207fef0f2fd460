//! The layer under axum: on routers, on routes and in handlers.

use axum::body::{Body, to_bytes};
use axum::routing::get;
use axum::{Json, Router};
use http::{Request, StatusCode};
use serde::Deserialize;
use tower::ServiceExt as _;
use tower_jwt_auth::{Claims, Issuer, JsonClaims, JwtAuthLayer};

use crate::support::system_clock::{layer, token};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

#[derive(Deserialize)]
struct Mine {
    tenant: String,
}

async fn subject(claims: Claims) -> String {
    claims.subject().unwrap_or_default().to_owned()
}

async fn optional_subject(claims: Option<Claims>) -> String {
    claims.map_or("anonymous".to_owned(), |claims| {
        claims.subject().unwrap_or_default().to_owned()
    })
}

async fn all_claims(claims: Claims) -> Json<JsonClaims> {
    Json((*claims).clone())
}

async fn send(app: &Router, path: &str, token: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = app
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn one_line_protects_a_router() {
    let app = Router::new().route("/", get(subject)).layer(layer());
    assert_eq!(
        send(&app, "/", Some(&token())).await,
        (StatusCode::OK, "test-subject".to_owned())
    );
    assert_eq!(
        send(&app, "/", None).await,
        (StatusCode::UNAUTHORIZED, String::new())
    );
    assert_eq!(
        send(&app, "/nowhere", None).await.0,
        StatusCode::UNAUTHORIZED,
        "layer() applies to the fallback too"
    );
}

#[tokio::test]
async fn a_route_layer_leaves_unknown_paths_alone() {
    let app = Router::new()
        .route("/", get(subject))
        .route_layer(layer())
        .route("/open", get(|| async { "open" }));
    assert_eq!(send(&app, "/", None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&app, "/nowhere", None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(send(&app, "/open", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_single_route_can_be_protected() {
    let app = Router::new()
        .route("/mine", get(subject).layer(layer()))
        .route("/open", get(|| async { "open" }));
    assert_eq!(send(&app, "/mine", None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&app, "/mine", Some(&token())).await.1, "test-subject");
    assert_eq!(send(&app, "/open", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn without_the_layer_a_route_answers_500_even_if_its_claims_are_optional() {
    let app = Router::new()
        .route("/", get(subject))
        .route("/optional", get(optional_subject));
    assert_eq!(
        send(&app, "/", Some(&token())).await.0,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(
        send(&app, "/optional", Some(&token())).await.0,
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

#[tokio::test]
async fn in_optional_mode_a_handler_can_take_optional_claims() {
    let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .optional()
        .build()
        .unwrap();
    let app = Router::new()
        .route("/optional", get(optional_subject))
        .route("/needs", get(subject))
        .layer(auth);
    assert_eq!(
        send(&app, "/optional", None).await,
        (StatusCode::OK, "anonymous".to_owned())
    );
    assert_eq!(
        send(&app, "/optional", Some(&token())).await.1,
        "test-subject"
    );
    assert_eq!(
        send(&app, "/optional", Some("bad")).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(send(&app, "/needs", None).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn claims_of_another_type_are_answered_with_500() {
    let app = Router::new().route(
        "/",
        get(|claims: Claims<Mine>| async move { claims.tenant.clone() }),
    );
    let token = default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .claim("tenant", "acme")
        .sign();
    let wrong = app.clone().layer(layer());
    assert_eq!(
        send(&wrong, "/", Some(&token)).await.0,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let right = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .claims::<Mine>()
        .build()
        .unwrap();
    assert_eq!(send(&app.layer(right), "/", Some(&token)).await.1, "acme");
}

#[tokio::test]
async fn a_handler_gets_all_claims_unchanged() {
    let app = Router::new().route("/", get(all_claims)).layer(layer());
    let extra = serde_json::json!({"nested": [null, {"big": 9_007_199_254_740_991_u64}], "ratio": 0.5, "Ünï": "\"\\"});
    let token = default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .claim("extra", &extra)
        .sign();
    let (status, body) = send(&app, "/", Some(&token)).await;
    let claims: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &claims["extra"], &claims["iss"]),
        (StatusCode::OK, &extra, &ISSUER.into())
    );
}
