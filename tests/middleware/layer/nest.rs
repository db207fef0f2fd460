//! Predicates over paths inside axum's `nest`, which strips its prefix from the URI.

use ::axum::Router;
use ::axum::body::Body;
use ::axum::extract::OriginalUri;
use ::axum::routing::{get, post};
use http::{Request, StatusCode, Uri};
use tower::ServiceExt as _;
use tower_jwt_auth::{
    Claims, Issuer, JwtAuthBuilder, JwtAuthLayer, Paths, RequestParts, RequireLayer,
};

use crate::support::system_clock::token;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, public_key};

fn builder() -> JwtAuthBuilder {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
}

fn original<'r>(request: &RequestParts<'r>) -> &'r Uri {
    let original = request.extensions().get::<OriginalUri>();
    original.map_or(request.uri(), |uri| &uri.0)
}

async fn status(app: &Router, request: http::request::Builder) -> StatusCode {
    let request = request.body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

fn authorized(request: http::request::Builder) -> http::request::Builder {
    request.header("authorization", format!("Bearer {}", token()))
}

/// A router whose nested part requires a scope for one path.
fn admin(auth: JwtAuthLayer) -> Router {
    let delete = RequireLayer::all_scopes(["admin"])
        .unwrap()
        .only_for_paths(Paths::exact(["/admin/delete"]).unwrap());
    let routes = Router::new()
        .route("/delete", post(|| async {}))
        .layer(delete);
    Router::new().nest("/admin", routes).layer(auth)
}

/// A router whose nested part is behind the layer.
fn tenants(auth: JwtAuthLayer) -> Router {
    let routes = Router::new()
        .route("/healthz", get(|| async {}))
        .layer(auth.clone());
    Router::new()
        .route("/healthz", get(|| async {}).layer(auth))
        .nest("/tenants/{id}", routes)
}

#[tokio::test]
async fn a_requirement_for_a_whole_path_applies_inside_a_nest_with_the_original_uri() {
    let request = || authorized(Request::post("/admin/delete"));
    let app = admin(builder().predicate_uri(original).build().unwrap());
    assert_eq!(status(&app, request()).await, StatusCode::FORBIDDEN);
    // As documented.
    let app = admin(builder().build().unwrap());
    assert_eq!(status(&app, request()).await, StatusCode::OK);
}

#[tokio::test]
async fn a_path_that_is_exempt_exempts_no_path_inside_a_nest_with_the_original_uri() {
    let healthz = || builder().skip_paths(Paths::exact(["/healthz"]).unwrap());
    let nested = || Request::get("/tenants/7/healthz");
    let app = tenants(healthz().predicate_uri(original).build().unwrap());
    assert_eq!(status(&app, nested()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&app, authorized(nested())).await, StatusCode::OK);
    assert_eq!(status(&app, Request::get("/healthz")).await, StatusCode::OK);
    // As documented.
    let app = tenants(healthz().build().unwrap());
    assert_eq!(status(&app, nested()).await, StatusCode::OK);
}

#[tokio::test]
async fn predicates_of_your_own_see_the_same_uri() {
    let is_delete = |_: &Claims, request: &RequestParts<'_>| {
        assert_eq!(request.uri().path(), "/admin/delete");
        false
    };
    let routes = Router::new().route("/delete", post(|| async {})).layer(
        RequireLayer::from_fn(is_delete).only_for(|request| {
            assert_eq!(request.uri().path(), "/admin/delete");
            true
        }),
    );
    let auth = builder()
        .predicate_uri(original)
        .skip(|request| request.uri().path() != "/admin/delete")
        .build()
        .unwrap();
    let app = Router::new().nest("/admin", routes.layer(auth));
    let request = authorized(Request::post("/admin/delete"));
    assert_eq!(status(&app, request).await, StatusCode::FORBIDDEN);
}
