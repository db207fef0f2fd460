//! `grpc-status-details-bin`, which `DetailedStatus` adds.

use std::collections::HashMap;
use std::time::Duration;

use http::{Request, StatusCode};
use tonic::Code;
use tonic::body::Body;
use tonic_types::StatusExt as _;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::tonic::DetailedStatus;
use tower_jwt_auth::{Challenge, JsonClaims, JwtAuthLayer};

use crate::support::tokio;
use crate::tonic::support::{DOWN, builder, greeter, token};

fn detailed() -> JwtAuthLayer<JsonClaims, DetailedStatus> {
    let answer = DetailedStatus::new("api.example").challenge(Challenge::new().realm("greeter"));
    builder()
        .require_scopes(["greet:read", "greet:write"])
        .rejection_response(answer)
        .build()
        .unwrap()
}

#[tokio::test]
async fn each_rejection_has_its_reason_and_the_domain() {
    let mut anonymous = greeter!(detailed());
    let token = || token().scope("greet:read greet:write");
    let cases = [
        ("MALFORMED_TOKEN", "x".to_owned()),
        ("EXPIRED", token().expired().sign()),
        ("WRONG_AUDIENCE", token().audience("x").sign()),
        (
            "UNKNOWN_ISSUER",
            token().issuer("https://telltale.example").sign(),
        ),
    ];
    assert_eq!(
        anonymous
            .hello()
            .await
            .unwrap_err()
            .get_details_error_info()
            .unwrap()
            .reason,
        "MISSING_TOKEN"
    );
    for (reason, token) in cases {
        let status = anonymous.with_token(&token).hello().await.unwrap_err();
        let info = status.get_details_error_info().unwrap();
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            (reason, "api.example")
        );
        assert!(
            info.metadata.is_empty() && status.get_details_retry_info().is_none(),
            "{info:?}"
        );
        assert_eq!(status.code(), Code::Unauthenticated);
    }
    assert!(anonymous.with_token(&token().sign()).hello().await.is_ok());
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let anonymous = greeter!(detailed());
    let status = anonymous
        .with_token(&token().scope("greet:read").sign())
        .hello()
        .await
        .unwrap_err();
    let info = status.get_details_error_info().unwrap();
    assert_eq!(
        (status.code(), info.reason.as_str()),
        (Code::PermissionDenied, "INSUFFICIENT_SCOPE")
    );
    assert_eq!(
        info.metadata,
        HashMap::from([("scope".to_owned(), "greet:read greet:write".to_owned())])
    );
}

#[tokio::test]
async fn with_keys_unavailable_the_details_say_when_to_retry() {
    let anonymous = greeter!(detailed());
    let status = anonymous
        .with_token(&token().issuer(DOWN).sign())
        .hello()
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.get_details_error_info().unwrap().reason,
        "KEYS_UNAVAILABLE"
    );
    assert_eq!(
        status.get_details_retry_info().unwrap().retry_delay,
        Some(Duration::from_secs(7))
    );
}

#[tokio::test]
async fn message_and_metadata_are_as_without_details() {
    let status = greeter!(detailed()).hello().await.unwrap_err();
    assert_eq!(status.message(), "the request has no verified access token");
    assert_eq!(
        status.metadata().get("www-authenticate").unwrap(),
        "Bearer realm=\"greeter\""
    );
    assert!(
        status.metadata().get("grpc-status-details-bin").is_none(),
        "it is in `details`, not in the metadata"
    );
}

#[tokio::test]
async fn an_http_caller_gets_the_response_without_details() {
    let never = service_fn(|_: Request<Body>| async {
        Err::<http::Response<Body>, _>(std::io::Error::other("the request is not rejected"))
    });
    let response = detailed()
        .layer(never)
        .oneshot(Request::new(Body::empty()))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers().len(), 2, "{:?}", response.headers());
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(
        response.headers()["www-authenticate"],
        "Bearer realm=\"greeter\""
    );
}
