//! Requirements 2 and 22: requests that are passed on without claims, if configured.

use http::{Method, Request};
use tower_jwt_auth::{ErrorKind, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{ask, bearer, builder, layer, request, send, token};

fn optional() -> JwtAuthLayer {
    builder().optional().build().unwrap()
}

fn preflight() -> Request<()> {
    let mut request = request(&[
        ("origin", "https://app.example"),
        ("access-control-request-method", "POST"),
        ("x-other", "1"),
    ]);
    *request.method_mut() = Method::OPTIONS;
    request
}

// 2
#[tokio::test]
async fn an_optional_token_may_be_absent() {
    ask(&optional(), request(&[])).await.passed();
    ask(
        &optional(),
        request(&[("authorization", "Basic dXNlcjpwYXNz")]),
    )
    .await
    .passed();
}

// 2
#[tokio::test]
async fn an_optional_token_gives_claims() {
    assert_eq!(
        send(&optional(), &token().sign())
            .await
            .accepted()
            .subject(),
        Some("test-subject")
    );
}

// 3, 4
#[tokio::test]
async fn an_optional_token_that_is_invalid_is_rejected() {
    send(&optional(), "x")
        .await
        .invalid_token(ErrorKind::MalformedToken);
    send(&optional(), &token().expired().sign())
        .await
        .invalid_token(ErrorKind::Expired);
    ask(&optional(), request(&[("authorization", "Bearer")]))
        .await
        .invalid_token(ErrorKind::MalformedToken);
    let valid = format!("Bearer {}", token().sign());
    ask(
        &optional(),
        request(&[("authorization", &valid), ("authorization", &valid)]),
    )
    .await
    .invalid_request();
}

// 2
#[tokio::test]
async fn a_skipped_request_is_passed_on_whatever_token_it_has() {
    let layer = builder()
        .skip(|request| request.headers().contains_key("x-health"))
        .build()
        .unwrap();
    let skipped = |value: &str| request(&[("authorization", value), ("x-health", "1")]);
    ask(&layer, skipped("Bearer x")).await.passed();
    // A valid token is not verified either, so there are no claims.
    ask(&layer, skipped(&format!("Bearer {}", token().sign())))
        .await
        .passed();
    ask(&layer, request(&[])).await.no_token();
    ask(&layer, bearer(&token().sign())).await.accepted();
}

// 22
#[tokio::test]
async fn a_preflight_is_rejected_by_default() {
    ask(&layer(), preflight()).await.no_token();
}

// 22
#[tokio::test]
async fn with_pass_preflight_a_preflight_is_passed_on() {
    let layer = builder().pass_preflight().build().unwrap();
    ask(&layer, preflight()).await.passed();
    let mut request = preflight();
    request.headers_mut().insert(
        "access-control-request-headers",
        "authorization".parse().unwrap(),
    );
    ask(&layer, request).await.passed();
    let mut empty = preflight();
    empty
        .headers_mut()
        .insert("content-length", "0".parse().unwrap());
    ask(&layer, empty).await.passed();
}

// 22
#[tokio::test]
async fn a_request_that_only_resembles_a_preflight_is_rejected() {
    let layer = builder().pass_preflight().build().unwrap();
    for missing in ["origin", "access-control-request-method"] {
        let mut request = preflight();
        request.headers_mut().remove(missing);
        ask(&layer, request).await.named(missing).no_token();
    }
    // A preflight has no body, which a handler of all methods could read.
    for (name, value) in [
        ("content-length", "1"),
        ("content-length", "01"),
        ("content-length", "x"),
        ("content-length", "0, 1"),
        ("content-length", ""),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", ""),
    ] {
        let mut request = preflight();
        request.headers_mut().insert(name, value.parse().unwrap());
        ask(&layer, request).await.named((name, value)).no_token();
    }
    let mut twice = preflight();
    for length in ["0", "5"] {
        twice
            .headers_mut()
            .append("content-length", length.parse().unwrap());
    }
    ask(&layer, twice).await.no_token();
    for method in [
        Method::GET,
        Method::POST,
        Method::HEAD,
        Method::from_bytes(b"options").unwrap(),
    ] {
        let mut request = preflight();
        *request.method_mut() = method.clone();
        ask(&layer, request).await.named(method).no_token();
    }
}
