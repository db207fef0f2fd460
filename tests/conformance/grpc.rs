//! Requirement 20: the status of a gRPC call is in `grpc-status`, and that of HTTP is 200
//! (Trailers-Only).

use std::time::Duration;

use http::{Method, Request, Response, Version};
use serde::de::DeserializeOwned;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{
    Challenge, ErrorKind, Issuer, JwtAuthLayer, Paths, RejectionResponse, RequireLayer,
};

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

async fn call(request: Request<()>, content_type: &str) -> Answer {
    let request = as_call(request, content_type);
    ask(&strict(), request).await.named(content_type)
}

/// Returns the request as gRPC asks for it.
fn as_call(mut request: Request<()>, content_type: &str) -> Request<()> {
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.insert("content-type", content_type.parse().unwrap());
    headers.insert("te", "trailers".parse().unwrap());
    request
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
            let without_parameters = content_type.split(';').next();
            assert_eq!(answer.header("content-type"), without_parameters);
        }
    }
}

// A cache could store a response with status 200 for the next caller.
#[tokio::test]
async fn only_a_post_request_is_a_grpc_call_whatever_its_content_type() {
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::OPTIONS] {
        let mut request = as_call(request(&[]), "application/grpc");
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
    assert_eq!(answer.header("content-type"), Some("application/grpc"));
}

/// Returns the HTTP status and the gRPC status.
async fn statuses<C, R>(layer: &JwtAuthLayer<C, R>, request: Request<()>) -> (u16, Option<String>)
where
    C: DeserializeOwned + Send + Sync + 'static,
    R: RejectionResponse<String> + Clone,
{
    let answer = ask(layer, request).await;
    let grpc_status = answer.header("grpc-status").map(ToOwned::to_owned);
    (answer.status.as_u16(), grpc_status)
}

fn grpc() -> Request<()> {
    as_call(request(&[]), "application/grpc")
}

fn grpc_at(path: &str) -> Request<()> {
    let mut request = grpc();
    *request.uri_mut() = path.parse().unwrap();
    request
}

#[tokio::test]
async fn a_request_that_is_not_what_grpc_asks_for_gets_an_http_status() {
    let mut http1 = grpc();
    *http1.version_mut() = Version::HTTP_11;
    let mut without_te = grpc();
    without_te.headers_mut().remove("te");
    let mut other_te = grpc();
    other_te
        .headers_mut()
        .insert("te", "gzip, x-trailers".parse().unwrap());
    for request in [http1, without_te, other_te] {
        assert_eq!(statuses(&strict(), request).await, (401, None));
    }
    let called = (200, Some("16".to_owned()));
    assert_eq!(statuses(&strict(), grpc()).await, called);
}

#[tokio::test]
async fn grpc_web_needs_neither_http_2_nor_trailers() {
    for content_type in ["application/grpc-web+proto", "application/grpc-web-text"] {
        let mut request = request(&[("content-type", content_type)]);
        *request.method_mut() = Method::POST;
        let answer = ask(&strict(), request).await;
        assert_eq!(answer.header("grpc-status"), Some("16"));
        assert_eq!(answer.header("content-type"), Some(content_type));
    }
}

#[tokio::test]
async fn nothing_of_the_content_type_is_repeated_but_its_plain_form() {
    for (sent, expected) in [
        (
            "application/grpc+proto; charset=telltale",
            "application/grpc+proto",
        ),
        ("application/grpc+telltale", "application/grpc"),
        (
            "application/grpc-web-text+JSON ;x",
            "application/grpc-web-text+json",
        ),
        ("application/grpc+proto+x", "application/grpc"),
    ] {
        let answer = call(request(&[]), sent).await;
        assert_eq!(answer.header("content-type"), Some(expected));
    }
}

#[tokio::test]
async fn responses_of_grpc_can_be_turned_off() {
    let off = builder().grpc_responses(false).build().unwrap();
    let web = as_call(request(&[]), "application/grpc-web");
    for request in [grpc(), web] {
        assert_eq!(statuses(&off, request).await, (401, None));
    }
    let on_again = builder().grpc_responses(false).grpc_responses(true);
    let (status, _) = statuses(&on_again.build().unwrap(), grpc()).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn responses_of_grpc_can_be_limited_to_paths() {
    let paths = Paths::grpc_methods(["shop.Orders"]).unwrap();
    let layer = builder().grpc_paths(paths).build().unwrap();
    let (called, over_http) = ((200, Some("16".to_owned())), (401, None));
    assert_eq!(statuses(&layer, grpc_at("/shop.Orders/List")).await, called);
    assert_eq!(statuses(&layer, grpc_at("/orders")).await, over_http);
}

#[tokio::test]
async fn a_response_of_your_own_that_uses_the_challenge_obeys_the_setting() {
    let own = builder().grpc_responses(false).rejection_response_fn(
        |error, request| -> Response<String> {
            Challenge::new().rejection_response(error, request)
        },
    );
    let (status, _) = statuses(&own.build().unwrap(), grpc()).await;
    assert_eq!(status, 401);
}

// 403 from below as 401 from above.
#[tokio::test]
async fn the_setting_applies_below_the_layer() {
    let read = RequireLayer::all_scopes(["read"]).unwrap();
    let valid = as_call(bearer(&token().sign()), "application/grpc");
    let inner = service_fn(|_: Request<()>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    });
    let off = builder().grpc_responses(false).build().unwrap();
    let response = off.layer(read.layer(inner)).oneshot(valid).await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["cache-control"], "no-store");
}
