//! Custom rejection responses.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Challenge, Error, ErrorKind, Issuer, JwtAuthBuilder, JwtAuthLayer,
    RejectionResponse, RequestParts,
};

use crate::support::system_clock::request;
use crate::support::tokio;
use crate::support::{AUDIENCE, Held, ISSUER, public_key};

async fn never(_: Request<String>) -> Result<Response<String>, Infallible> {
    unreachable!("the request is rejected")
}

fn builder() -> JwtAuthBuilder {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
}

#[tokio::test]
async fn a_closure_makes_the_response_from_the_error_and_the_request_parts() {
    let make = |error: &Error, request: &RequestParts<'_>| {
        let body = format!("{} {}: {error}", request.method(), request.uri());
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    };
    let service = builder()
        .rejection_response_fn(make)
        .build()
        .unwrap()
        .layer(service_fn(never));
    let response = service.oneshot(request(None)).await.unwrap();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(
        response.body(),
        "GET /: the request has no verified access token"
    );
    assert_eq!(
        response.extensions().get::<Error>().unwrap().kind(),
        ErrorKind::MissingToken
    );
}

/// A type without `Default`, which the body need not implement.
struct Text(&'static str);

#[derive(Clone)]
struct Teapot;

impl RejectionResponse<String> for Teapot {
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<String> {
        let default: Response<String> = Challenge::new()
            .realm("kitchen")
            .rejection_response(error, request);
        default.map(|_| Text("short and stout").0.to_owned())
    }
}

#[tokio::test]
async fn a_type_makes_the_response_and_can_use_the_default_one() {
    let service = builder()
        .rejection_response(Teapot)
        .build()
        .unwrap()
        .layer(service_fn(never));
    let response = service.oneshot(request(Some("x"))).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.body(), "short and stout");
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.starts_with("Bearer realm=\"kitchen\",error=\"invalid_token\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn a_rejection_after_waiting_for_keys_uses_the_same_response() {
    let held = Held::new();
    let layer = JwtAuthLayer::builder(Issuer::from_key_source(ISSUER, held.clone(), AUDIENCE))
        .rejection_response(Teapot)
        .build()
        .unwrap();
    let unknown_key = TestKey::generate(Algorithm::ES256);
    let token = unknown_key.token().issuer(ISSUER).audience(AUDIENCE).sign();
    let service = layer.layer(service_fn(never));
    let response = tokio::spawn(service.oneshot(request(Some(&token))));
    tokio::task::yield_now().await;
    held.release();
    let response = response.await.unwrap().unwrap();
    assert_eq!(response.body(), "short and stout");
    assert_eq!(
        response.extensions().get::<Error>().unwrap().kind(),
        ErrorKind::UnknownKey
    );
}
