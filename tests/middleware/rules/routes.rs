//! Rules by method and route, under axum.

use axum::Router;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::routing::get;
use http::{Method, Request};
use tower::ServiceExt as _;
use tower_jwt_auth::{Issuer, JwtAuthLayer, RequireLayer, RouteRules, Rule};

use crate::support::system_clock::layer;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

fn scope(scope: &str) -> Rule {
    Rule::all_scopes([scope]).unwrap()
}

fn table() -> RouteRules {
    RouteRules::new(|request| Some(request.extensions().get::<MatchedPath>()?.as_str()))
}

fn rules() -> RequireLayer {
    let rules = table()
        .add(Method::GET, "/orders", scope("read"))
        .and_then(|rules| rules.add(Method::POST, "/orders", scope("write")))
        .and_then(|rules| rules.add(Method::GET, "/orders/{id}", scope("read")))
        .and_then(|rules| rules.add(Method::GET, "/shop/bills", scope("bills")))
        .and_then(|rules| rules.add(Method::GET, "/files/{*path}", scope("read")));
    RequireLayer::route_rules(rules.unwrap())
}

async fn answer() {}

fn app(auth: JwtAuthLayer) -> Router {
    let every = || get(answer).post(answer).delete(answer);
    let nested = Router::new().route("/bills", every());
    Router::new()
        .route("/orders", every())
        .route("/orders/{id}", every())
        .route("/unlisted", every())
        .route("/files/{*path}", every())
        .nest("/shop", nested)
        .fallback(answer)
        .layer(rules())
        .layer(auth)
}

async fn status(app: &Router, method: &str, path: &str, scopes: Option<&str>) -> u16 {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(scopes) = scopes {
        let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
        let token = token.scope(scopes).sign();
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    app.clone()
        .oneshot(request)
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn each_method_of_each_route_has_its_rule() {
    let app = app(layer());
    for (method, path, scopes, expected) in [
        ("GET", "/orders", "read", 200),
        ("GET", "/orders", "write", 403),
        ("POST", "/orders", "write", 200),
        ("POST", "/orders", "read", 403),
        ("GET", "/orders/7", "read", 200),
        ("GET", "/orders/%37", "read", 200),
        ("GET", "/orders/7", "write", 403),
        ("GET", "/files/a/b", "read", 200),
        ("GET", "/files/a/b", "x", 403),
        // Inside `nest`, the route has its prefix.
        ("GET", "/shop/bills", "bills", 200),
        ("GET", "/shop/bills", "read", 403),
    ] {
        let found = status(&app, method, path, Some(scopes)).await;
        assert_eq!(found, expected, "{method} {path} {scopes}");
    }
}

#[tokio::test]
async fn a_route_that_is_not_listed_is_rejected_whatever_the_token_grants() {
    let app = app(layer());
    for (method, path) in [
        ("DELETE", "/orders"),
        ("POST", "/orders/7"),
        ("POST", "/shop/bills"),
        ("GET", "/unlisted"),
        ("PATCH", "/orders"),
        ("OPTIONS", "/orders"),
        ("get", "/orders"),
        // No route matches: the fallback.
        ("GET", "/orders/"),
        ("GET", "//orders"),
        ("GET", "/Orders"),
        ("GET", "/x/../orders"),
        ("GET", "/bills"),
        ("GET", "/"),
    ] {
        let found = status(&app, method, path, Some("read write bills")).await;
        assert_eq!(found, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn head_needs_what_get_needs_unless_it_has_a_rule_of_its_own() {
    let app = app(layer());
    assert_eq!(status(&app, "HEAD", "/orders", Some("read")).await, 200);
    assert_eq!(status(&app, "HEAD", "/orders", Some("write")).await, 403);
    let own = table().add(Method::GET, "/", scope("read")).unwrap();
    let own = own.add(Method::HEAD, "/", scope("head")).unwrap();
    let app = Router::new().route("/", get(answer));
    let app = app
        .route_layer(RequireLayer::route_rules(own))
        .layer(layer());
    assert_eq!(status(&app, "HEAD", "/", Some("read")).await, 403);
    assert_eq!(status(&app, "HEAD", "/", Some("head")).await, 200);
    assert_eq!(status(&app, "GET", "/", Some("head")).await, 403);
    assert_eq!(
        status(&app, "GET", "/none", Some("head")).await,
        404,
        "`route_layer`"
    );
}

#[tokio::test]
async fn a_caller_without_a_token_gets_401_whether_the_route_is_listed_or_not() {
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    let optional = JwtAuthLayer::builder(issuer).optional().build().unwrap();
    let app = app(optional);
    for path in ["/orders", "/unlisted", "/nowhere"] {
        assert_eq!(status(&app, "GET", path, None).await, 401, "{path}");
    }
}

#[tokio::test]
async fn without_a_route_every_request_is_rejected() {
    let empty = RequireLayer::route_rules(table());
    let none = RouteRules::new(|_| None).add(Method::GET, "/", scope("read"));
    for require in [empty, RequireLayer::route_rules(none.unwrap())] {
        let app = Router::new()
            .route("/", get(answer))
            .layer(require)
            .layer(layer());
        assert_eq!(status(&app, "GET", "/", Some("read")).await, 403);
    }
}

#[tokio::test]
async fn paths_and_methods_that_the_router_lacks_get_403() {
    let app = Router::new().route("/orders", get(answer)).layer(rules());
    let app = app.layer(layer());
    for (method, path) in [("GET", "/unknown"), ("DELETE", "/orders")] {
        assert_eq!(
            status(&app, method, path, Some("read")).await,
            403,
            "{path}"
        );
        assert_eq!(status(&app, method, path, None).await, 401, "{path}");
    }
    assert_eq!(status(&app, "GET", "/orders", Some("read")).await, 200);
}

#[tokio::test]
async fn a_table_above_the_layer_gives_500() {
    let app = Router::new().route("/orders", get(answer)).layer(layer());
    let app = app.layer(rules());
    for path in ["/orders", "/unknown"] {
        assert_eq!(status(&app, "GET", path, Some("read")).await, 500, "{path}");
    }
}
