//! What stands below the layer rejects requests in the scheme of their token.

use ::axum::Router;
use ::axum::body::Body;
use ::axum::routing::post as post_route;
use http::{Request, Response};
use tower::ServiceExt as _;
use tower_jwt_auth::{Claims, JwtAuthBuilder, RequireLayer, Scoped, Scopes};

use crate::support::dpop::{ALGS, builder_with, copy, dpop, post, post_with, required, valid};
use crate::support::{block_on, builder, token};

struct OrdersWrite;

impl Scopes for OrdersWrite {
    const ALL: &'static [&'static str] = &["orders:write"];
}

fn app(auth: JwtAuthBuilder) -> Router {
    let write = RequireLayer::all_scopes(["orders:write"]).unwrap();
    Router::new()
        .route("/orders", post_route(|| async {}).layer(write))
        .route("/scoped", post_route(|_: Scoped<OrdersWrite>| async {}))
        .route("/claims", post_route(|_: Claims| async {}))
        .layer(auth.build().unwrap())
}

fn send(app: Router, request: &Request<()>, path: &str) -> Response<Body> {
    let mut request = copy(request).map(|()| Body::empty());
    *request.uri_mut() = format!("https://api.example{path}").parse().unwrap();
    block_on(app.oneshot(request)).unwrap()
}

fn fields<B>(response: &Response<B>) -> Vec<String> {
    let values = response.headers().get_all("www-authenticate").iter();
    values
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

fn insufficient(scheme: &str) -> String {
    let description = "the access token does not grant what the request needs";
    format!(
        "{scheme} error=\"insufficient_scope\",error_description=\"{description}\",\
         scope=\"orders:write\""
    )
}

/// Whatever is left of the credentials in the request.
fn forwardings(auth: impl Fn() -> JwtAuthBuilder) -> [JwtAuthBuilder; 3] {
    [auth(), auth().strip_token(), auth().keep_token()]
}

/// Accepts the proof of [`valid`] for each path.
fn any_path() -> tower_jwt_auth::Dpop {
    dpop().match_uri(|_, _| true)
}

#[test]
fn a_missing_scope_is_rejected_in_the_scheme_of_the_token() {
    for path in ["/orders", "/scoped"] {
        for auth in forwardings(|| builder_with(any_path())) {
            let response = send(app(auth), &valid(), path);
            assert_eq!(response.status(), 403, "{path}");
            let expected = format!("{},algs=\"{ALGS}\"", insufficient("DPoP"));
            assert_eq!(fields(&response), [expected], "{path}");
        }
        let bearer = post_with(&[("authorization", &format!("Bearer {}", token().sign()))]);
        for auth in forwardings(|| builder_with(any_path())) {
            let response = send(app(auth), &bearer, path);
            let expected = [insufficient("Bearer"), format!("DPoP algs=\"{ALGS}\"")];
            assert_eq!(fields(&response), expected, "{path}");
        }
        let response = send(app(builder()), &bearer, path);
        assert_eq!(
            fields(&response),
            [insufficient("Bearer")],
            "{path}, without DPoP"
        );
    }
}

#[test]
fn a_request_without_claims_is_offered_both_schemes() {
    for path in ["/orders", "/scoped", "/claims"] {
        let response = send(app(builder_with(any_path()).optional()), &post(), path);
        assert_eq!(response.status(), 401, "{path}");
        assert_eq!(
            fields(&response),
            ["Bearer", &format!("DPoP algs=\"{ALGS}\"")],
            "{path}"
        );
        let response = send(app(builder_with(required()).optional()), &post(), path);
        assert_eq!(
            fields(&response),
            [format!("DPoP algs=\"{ALGS}\"")],
            "{path}"
        );
    }
}

#[test]
fn errors_of_handlers_have_the_scheme_of_the_token() {
    use tower_jwt_auth::{Error, ErrorClass, RequestParts};
    let handler = |request: Request<Body>| async move {
        let error = Error::custom(ErrorClass::Unauthorized, "terms", "accept the terms").unwrap();
        <Claims>::rejection_response::<Body>(error, &RequestParts::from(&request))
    };
    let auth = builder_with(any_path()).strip_token().build().unwrap();
    let app = Router::new()
        .route("/orders", post_route(handler))
        .layer(auth);
    let response = send(app, &valid(), "/orders");
    let expected = format!(
        "DPoP error=\"invalid_token\",error_description=\"accept the terms\",algs=\"{ALGS}\""
    );
    assert_eq!(fields(&response), [expected]);
}
