//! What stands below the layer rejects as the layer does, without being configured for it.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{
    Challenge, Claims, ClaimsKeyExtractor, Error, ErrorClass, Inherited, Issuer, JsonClaims,
    JwtAuthBuilder, JwtAuthLayer, ProblemDetails, RejectionResponse, RequestParts, RequireLayer,
    Scoped, Scopes,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

const REALM: &str = "Bearer realm=\"shop\"";

struct OrdersRead;

impl Scopes for OrdersRead {
    const ALL: &'static [&'static str] = &["orders:read"];
}

/// Three of the handlers and layers that reject requests below the layer.
fn routes() -> Router {
    let read = RequireLayer::all_scopes(["orders:read"]).unwrap();
    let hour = std::time::Duration::from_secs(60 * 60);
    let limit = GovernorConfigBuilder::default()
        .period(hour)
        .burst_size(9)
        .key_extractor(ClaimsKeyExtractor::<JsonClaims>::client())
        .finish()
        .unwrap();
    Router::new()
        .route("/limited", get(|| async {}))
        .layer(GovernorLayer::new(limit))
        .route("/claims", get(|_: Claims| async {}))
        .route("/scoped", get(|_: Scoped<OrdersRead>| async {}))
        .route("/layered", get(|| async {}).layer(read))
}

fn builder() -> JwtAuthBuilder {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE)).realm("shop")
}

fn token() -> TokenBuilder {
    default_key().token().issuer(ISSUER).audience(AUDIENCE)
}

fn request(path: &str, token: Option<&TokenBuilder>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {}", token.sign()));
    }
    request.body(Body::empty()).unwrap()
}

async fn send(app: &Router, path: &str, token: Option<&TokenBuilder>) -> Response<Body> {
    app.clone().oneshot(request(path, token)).await.unwrap()
}

fn challenge<B>(response: &Response<B>) -> &str {
    response.headers()["www-authenticate"].to_str().unwrap()
}

#[tokio::test]
async fn without_a_token_all_reject_with_the_realm_of_the_layer() {
    let app = routes().layer(builder().optional().build().unwrap());
    for path in ["/claims", "/scoped", "/layered", "/limited"] {
        let response = send(&app, path, None).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(challenge(&response), REALM, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn an_exempt_request_carries_the_responses_of_the_layer() {
    let app = routes().layer(builder().skip(|_| true).build().unwrap());
    for path in ["/claims", "/scoped", "/layered", "/limited"] {
        assert_eq!(challenge(&send(&app, path, Some(&token())).await), REALM);
    }
}

#[tokio::test]
async fn without_a_scope_or_a_claim_all_reject_with_the_realm_of_the_layer() {
    let app = routes().layer(builder().build().unwrap());
    for (path, status) in [("/scoped", 403), ("/layered", 403), ("/limited", 401)] {
        let response = send(&app, path, Some(&token())).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let challenge = challenge(&response);
        assert!(challenge.starts_with(REALM), "{path}: {challenge}");
    }
}

#[tokio::test]
async fn a_response_of_your_own_is_used_below_the_layer() {
    let teapot = |error: &Error, _: &RequestParts<'_>| {
        let mut response = Response::new(Body::from(error.to_string()));
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    };
    let builder = builder().optional().rejection_response_fn(teapot);
    let app = routes().layer(builder.build().unwrap());
    for path in ["/claims", "/scoped", "/layered", "/limited"] {
        let response = send(&app, path, None).await;
        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT, "{path}");
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        // `tower_governor` takes no body of another type than its own.
        let text = "the request has no verified access token";
        assert_eq!(body, if path == "/limited" { "" } else { text }, "{path}");
    }
}

#[tokio::test]
async fn problem_details_say_what_is_wrong_in_json() {
    let problem = ProblemDetails::new().type_prefix("https://api.example/problems/");
    let builder = builder().rejection_response(problem);
    let app = routes().layer(builder.build().unwrap());
    for (path, token, title, status, kind) in [
        ("/claims", None, "Unauthorized", 401, "missing_token"),
        (
            "/claims",
            Some(token().expired()),
            "Unauthorized",
            401,
            "expired",
        ),
        (
            "/layered",
            Some(token()),
            "Forbidden",
            403,
            "insufficient_scope",
        ),
        (
            "/scoped",
            Some(token()),
            "Forbidden",
            403,
            "insufficient_scope",
        ),
    ] {
        let response = send(&app, path, token.as_ref()).await;
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert!(challenge(&response).starts_with(REALM));
        let detail = response.extensions().get::<Error>().unwrap().to_string();
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let kind = format!("https://api.example/problems/{kind}");
        let expected =
            serde_json::json!({"type": kind, "title": title, "status": status, "detail": detail});
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn problem_details_without_a_type_are_about_blank() {
    let response: Response<String> = ProblemDetails::new().rejection_response(
        &Error::custom(ErrorClass::Forbidden, "terms", "accept the terms").unwrap(),
        &RequestParts::from(&Request::new(())),
    );
    assert_eq!(
        response.body(),
        r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"accept the terms"}"#
    );
}

#[tokio::test]
async fn of_nested_layers_the_innermost_is_the_one_that_is_inherited() {
    let inner = builder().optional().realm("inner").build().unwrap();
    let app = routes()
        .layer(inner.clone())
        .layer(builder().build().unwrap());
    let response = send(&app, "/scoped", Some(&token())).await;
    assert!(challenge(&response).starts_with("Bearer realm=\"inner\""));

    let app = routes().layer(builder().build().unwrap()).layer(inner);
    let response = send(&app, "/layered", Some(&token())).await;
    assert!(challenge(&response).starts_with(REALM));
}

#[derive(Deserialize)]
struct Mine {}

#[tokio::test]
async fn claims_of_two_types_are_rejected_as_the_layer_of_their_type_does() {
    let mine = builder().realm("mine").claims::<Mine>().build().unwrap();
    let app = Router::new()
        .route("/", get(|_: Scoped<OrdersRead>| async {}))
        .route("/mine", get(|_: Scoped<OrdersRead, Mine>| async {}))
        .layer(mine)
        .layer(builder().build().unwrap());
    for (path, realm) in [("/", REALM), ("/mine", "Bearer realm=\"mine\"")] {
        let response = send(&app, path, Some(&token())).await;
        assert!(challenge(&response).starts_with(realm), "{path}");
    }
}

#[tokio::test]
async fn a_response_of_a_require_layer_takes_the_realm_of_the_layer_or_its_own() {
    let own = |challenge: Challenge| {
        let require = RequireLayer::all_scopes(["orders:read"]).unwrap();
        require.rejection_response(challenge)
    };
    let app = Router::new()
        .route("/", get(|| async {}).layer(own(Challenge::new())))
        .route(
            "/own",
            get(|| async {}).layer(own(Challenge::new().realm("own"))),
        )
        .layer(builder().build().unwrap());
    for (path, realm) in [("/", REALM), ("/own", "Bearer realm=\"own\"")] {
        let response = send(&app, path, Some(&token())).await;
        assert!(challenge(&response).starts_with(realm), "{path}");
    }
}

#[tokio::test]
async fn a_response_whose_body_has_another_type_keeps_status_and_headers() {
    let inner = service_fn(|request: Request<Body>| async move {
        let error = Error::custom(ErrorClass::Forbidden, "terms", "accept the terms").unwrap();
        let parts = RequestParts::from(&request);
        let response: Response<Vec<u8>> = <Claims>::rejection_response(error, &parts);
        assert!(response.body().is_empty());
        assert!(response.extensions().get::<Error>().is_some());
        Ok::<_, Infallible>(response.map(|_| String::new()))
    });
    let auth = builder().rejection_response(ProblemDetails::new()).build();
    let service = auth.unwrap().layer(inner);
    let response = service.oneshot(request("/", Some(&token()))).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(challenge(&response).starts_with(REALM));
    assert!(!response.headers().contains_key("content-type"));
}

#[tokio::test]
async fn without_a_layer_the_response_is_a_challenge_without_a_realm() {
    let error = Error::custom(ErrorClass::Forbidden, "terms", "accept the terms").unwrap();
    let request = Request::new(());
    let response: Response<String> =
        Inherited::default().rejection_response(&error, &RequestParts::from(&request));
    assert_eq!(
        challenge(&response),
        "Bearer error=\"insufficient_scope\",error_description=\"accept the terms\""
    );
}

// The claims come from elsewhere, so they carry no layer.
#[tokio::test]
async fn claims_that_a_service_inserted_itself_carry_no_responses() {
    let auth = builder().build().unwrap();
    let claims = auth.authenticator().authenticate(&token().sign()).await;
    let mut request = request("/scoped", None);
    request.extensions_mut().insert(claims.unwrap());
    let response = routes().oneshot(request).await.unwrap();
    assert!(challenge(&response).starts_with("Bearer error=\"insufficient_scope\""));
}

// It would ask itself for the response, without end.
#[tokio::test]
async fn a_layer_that_is_told_to_inherit_its_own_responses_sends_a_challenge() {
    let inherits = builder().rejection_response(Inherited::default());
    let asks = builder().rejection_response_fn(|error: &Error, request: &RequestParts<'_>| {
        <Claims>::rejection_response::<Body>(error.clone(), request)
    });
    for app in [
        routes().layer(inherits.build().unwrap()),
        routes().layer(asks.build().unwrap()),
    ] {
        for (token, status) in [(None, 401), (Some(token()), 403)] {
            let response = send(&app, "/layered", token.as_ref()).await;
            assert_eq!(response.status(), status);
            assert!(challenge(&response).starts_with(REALM));
        }
    }
}
