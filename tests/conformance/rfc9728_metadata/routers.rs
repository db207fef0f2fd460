//! axum: the layer above all routes, and the route that is merged where it is not.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use tower_jwt_auth::{JwtAuthLayer, ResourceMetadata, Scoped, Scopes};

use super::{PATH, RESOURCE, URL, builder, layer_with};
use crate::support::block_on;

fn send(app: &Router, method: &str, path: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    block_on(app.clone().oneshot(request)).unwrap()
}

/// Returns the resource that the document at a path describes.
fn resource_at(app: &Router, path: &str) -> Value {
    let response = send(app, "GET", path);
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let body = block_on(to_bytes(response.into_body(), 10_000)).unwrap();
    serde_json::from_slice::<Value>(&body).unwrap()["resource"].clone()
}

#[test]
fn c1_the_layer_above_all_routes_serves_the_document() {
    let app = Router::new()
        .route("/mcp", post(|| async { "tools" }))
        .layer(builder().build().unwrap());
    assert_eq!(resource_at(&app, PATH), RESOURCE);
    assert_eq!(send(&app, "POST", PATH).status(), 405);
    let response = send(&app, "POST", "/mcp");
    assert_eq!(response.status(), 401);
    let expected = format!("Bearer resource_metadata=\"{URL}\"");
    assert_eq!(response.headers()["www-authenticate"], expected);
}

#[test]
fn c1_one_line_merges_the_route_where_the_layer_is_below() {
    let auth = builder().build().unwrap();
    let metadata = auth.metadata_service().unwrap();
    let mcp = Router::new().route("/", post(|| async { "tools" }));
    let protected = |auth: &JwtAuthLayer| mcp.clone().layer(auth.clone());
    let without = Router::new().nest("/mcp", protected(&auth));
    assert_eq!(send(&without, "GET", PATH).status(), 404);
    let app = without.route_service(&metadata.path(), metadata);
    assert_eq!(resource_at(&app, PATH), RESOURCE);
    assert_eq!(send(&app, "POST", "/mcp").status(), 401);
    let response = send(&app, "DELETE", PATH);
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
    let response = send(&app, "HEAD", PATH);
    assert_eq!(response.status(), 200);
    assert!(response.headers().contains_key("etag"));
}

#[test]
fn c3_several_resources_have_a_document_each() {
    let resource = |path: &str| {
        let identifier = format!("https://h.example{path}");
        let auth = layer_with(ResourceMetadata::new(identifier));
        let metadata = auth.metadata_service().unwrap();
        let routes = Router::new().route("/", get(|| async { "ok" })).layer(auth);
        Router::new()
            .nest(path, routes)
            .route_service(&metadata.path(), metadata)
    };
    let app = resource("/a").merge(resource("/b"));
    for path in ["/a", "/b"] {
        let well_known = format!("/.well-known/oauth-protected-resource{path}");
        assert_eq!(
            resource_at(&app, &well_known),
            format!("https://h.example{path}")
        );
        let response = send(&app, "GET", path);
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(&well_known), "{challenge}");
    }
}

struct Tools;

impl Scopes for Tools {
    const ALL: &'static [&'static str] = &["mcp:tools"];
}

#[test]
fn c9_an_extractor_names_the_scopes_of_its_handler() {
    let auth = builder()
        .optional()
        .require_scopes(["mcp"])
        .build()
        .unwrap();
    let app = Router::new().route("/mcp", post(|_: Scoped<Tools>| async { "tools" }));
    let response = send(&app.layer(auth), "POST", "/mcp");
    assert_eq!(response.status(), 401);
    let expected = format!("Bearer scope=\"mcp mcp:tools\",resource_metadata=\"{URL}\"");
    assert_eq!(response.headers()["www-authenticate"], expected);
}
