//! Requirement 20: the status of a gRPC call is in `grpc-status`, and that of HTTP is 200
//! (Trailers-Only).

use std::time::Duration;

use http::{Method, Request};
use tower_jwt_auth::{ErrorKind, Issuer, JwtAuthLayer};

use crate::support::Unreachable;
use crate::support::tokio;
use crate::support::{AUDIENCE, Answer, ask, bearer, builder, request, token};

fn strict() -> JwtAuthLayer {
    let down = Issuer::from_key_source(
        "https://down.example",
        Unreachable(Duration::from_secs(7)),
        AUDIENCE,
    );
    builder()
        .add_issuer(down)
        .require_scopes(["read"])
        .build()
        .unwrap()
}

async fn call(mut request: Request<()>, content_type: &str) -> Answer {
    *request.method_mut() = Method::POST;
    request
        .headers_mut()
        .insert("content-type", content_type.parse().unwrap());
    ask(&strict(), request).await.named(content_type)
}

fn every_status() -> Vec<(&'static str, ErrorKind, Request<()>)> {
    let token = || token().scope("read");
    let twice = format!("Bearer {}", token().sign());
    vec![
        ("16", ErrorKind::MissingToken, request(&[])),
        ("16", ErrorKind::MalformedToken, bearer("x")),
        ("16", ErrorKind::Expired, bearer(&token().expired().sign())),
        (
            "16",
            ErrorKind::WrongAudience,
            bearer(&token().audience("x").sign()),
        ),
        (
            "3",
            ErrorKind::InvalidRequest,
            request(&[("authorization", &twice), ("authorization", &twice)]),
        ),
        (
            "7",
            ErrorKind::InsufficientScope,
            bearer(&token().scope("write").sign()),
        ),
        (
            "14",
            ErrorKind::KeysUnavailable,
            bearer(&token().issuer("https://down.example").sign()),
        ),
    ]
}

#[tokio::test]
async fn every_rejection_has_its_grpc_status_with_http_status_200() {
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc+json",
        "application/grpc;x=y",
    ] {
        for (status, kind, request) in every_status() {
            let answer = call(request, content_type).await;
            assert_eq!((answer.status.as_u16(), answer.kind()), (200, Some(kind)));
            assert_eq!(answer.header("grpc-status"), Some(status), "{kind:?}");
            assert_eq!(answer.header("content-type"), Some(content_type));
        }
    }
}

// A cache could store a response with status 200 for the next caller.
#[tokio::test]
async fn only_a_post_request_is_a_grpc_call_whatever_its_content_type() {
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::OPTIONS] {
        let mut request = request(&[("content-type", "application/grpc")]);
        *request.method_mut() = method;
        let answer = ask(&strict(), request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.kind()),
            (401, Some(ErrorKind::MissingToken))
        );
        assert_eq!(
            (
                answer.header("grpc-status"),
                answer.header("www-authenticate")
            ),
            (None, Some("Bearer"))
        );
    }
}

// gRPC over HTTP/2: `%` and what is not printable ASCII are percent-encoded.
#[tokio::test]
async fn the_message_is_printable_and_percent_encoded() {
    for (_, kind, request) in every_status() {
        let answer = call(request, "application/grpc").await;
        let message = answer.header("grpc-message").unwrap();
        assert!(
            !message.is_empty() && message.bytes().all(|byte| matches!(byte, b' '..=b'~')),
            "{kind:?}: {message}"
        );
        for (at, _) in message.match_indices('%') {
            assert!(
                u8::from_str_radix(&message[at + 1..at + 3], 16).is_ok(),
                "{message}"
            );
        }
    }
}

// 19
#[tokio::test]
async fn a_grpc_call_with_keys_unavailable_gets_no_challenge() {
    let (_, kind, request) = every_status().pop().unwrap();
    let answer = call(request, "application/grpc").await;
    assert_eq!((answer.kind(), answer.challenge()), (Some(kind), None));
}

#[tokio::test]
async fn a_valid_call_is_accepted() {
    call(bearer(&token().scope("read").sign()), "application/grpc")
        .await
        .accepted();
}

#[tokio::test]
async fn a_request_with_another_content_type_gets_an_http_status() {
    for content_type in [
        "application/json",
        "application/grpcx",
        "application/grp",
        "text/plain; application/grpc",
    ] {
        let answer = call(request(&[]), content_type).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("grpc-status")),
            (401, None),
            "{content_type}"
        );
    }
}

// RFC 9110 §8.3.1: media types are case-insensitive.
#[tokio::test]
async fn the_content_type_is_case_insensitive() {
    let answer = call(request(&[]), "Application/gRPC").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("grpc-status")),
        (200, Some("16"))
    );
}
