//! Requirements 3 and 7: tokens in custom headers, `WebSocket` subprotocols and custom sources,
//! which are opt-in.

use http::{HeaderName, HeaderValue, Request};
use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthLayer, TokenSource};

use crate::support::tokio;
use crate::support::{ask, bearer, builder, encode, layer, request, token};

const PROTOCOL: &str = "base64url.bearer.authorization.k8s.io.";

fn layer_with(source: TokenSource) -> JwtAuthLayer {
    builder()
        .token_sources([TokenSource::authorization(), source])
        .build()
        .unwrap()
}

fn header_layer() -> JwtAuthLayer {
    layer_with(TokenSource::header(HeaderName::from_static("x-token")))
}

fn websocket_layer() -> JwtAuthLayer {
    layer_with(TokenSource::websocket_protocol())
}

fn protocol(token: &str) -> String {
    format!("{PROTOCOL}{}", encode(token))
}

/// Returns a handshake with these values of `Sec-WebSocket-Protocol`.
pub(super) fn websocket(protocols: &[&str]) -> Request<()> {
    let headers: Vec<_> = protocols
        .iter()
        .map(|protocol| ("sec-websocket-protocol", *protocol))
        .collect();
    request(&headers)
}

// 7
#[tokio::test]
async fn by_default_no_other_location_is_read() {
    let token = token().sign();
    ask(&layer(), request(&[("x-token", &token)]))
        .await
        .no_token();
    ask(
        &layer(),
        request(&[("x-access-token", &token), ("proxy-authorization", &token)]),
    )
    .await
    .no_token();
    ask(&layer(), websocket(&[&protocol(&token)]))
        .await
        .no_token();
}

// 7
#[tokio::test]
async fn a_custom_header_contains_the_bare_token() {
    let token = token().sign();
    ask(&header_layer(), request(&[("x-token", &token)]))
        .await
        .accepted();
    ask(&header_layer(), request(&[])).await.no_token();
    let with_scheme = request(&[("x-token", &format!("Bearer {token}"))]);
    ask(&header_layer(), with_scheme)
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

// 3
#[tokio::test]
async fn a_token_in_a_custom_header_and_in_another_location_is_an_invalid_request() {
    let (token, other) = (token().sign(), token().sign());
    ask(
        &header_layer(),
        request(&[("x-token", &token), ("x-token", &token)]),
    )
    .await
    .invalid_request();
    let with_bearer = |bearer: &str| {
        request(&[
            ("x-token", &token),
            ("authorization", &format!("Bearer {bearer}")),
        ])
    };
    ask(&header_layer(), with_bearer(&other))
        .await
        .invalid_request();
    ask(&header_layer(), with_bearer(&token)).await.accepted();
}

// RFC 9111 §3.5 protects only requests with `Authorization` from shared caches.
#[tokio::test]
async fn a_response_to_a_token_outside_of_authorization_is_private() {
    let cookie = builder()
        .token_sources([TokenSource::cookie("session").unwrap()])
        .build()
        .unwrap();
    let custom = builder()
        .token_sources([TokenSource::custom(|parts| {
            let name = parts.headers().get("x-custom")?.to_str().ok()?;
            Some(name.to_owned())
        })])
        .build()
        .unwrap();
    let token = token().sign();
    let requests = [
        (header_layer(), request(&[("x-token", &token)])),
        (cookie, request(&[("cookie", &format!("session={token}"))])),
        (custom, request(&[("x-custom", &token)])),
        (websocket_layer(), websocket(&[&protocol(&token)])),
    ];
    for (layer, request) in requests {
        let answer = ask(&layer, request).await;
        assert_eq!(answer.headers["cache-control"], "private");
        answer.accepted();
    }
}

// 4
#[tokio::test]
async fn a_custom_header_of_bytes_beyond_ascii_is_an_invalid_token() {
    let value = HeaderValue::from_bytes(b"\xff").unwrap();
    let request = Request::get("/").header("x-token", value).body(()).unwrap();
    ask(&header_layer(), request)
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

// 7
#[tokio::test]
async fn a_websocket_protocol_contains_the_token_in_base64url() {
    let token = protocol(&token().sign());
    ask(&websocket_layer(), websocket(&[&token]))
        .await
        .accepted();
    ask(
        &websocket_layer(),
        websocket(&[&format!("chat.v1,{token} ,  chat.v2")]),
    )
    .await
    .accepted();
    ask(&websocket_layer(), websocket(&["chat.v1", &token]))
        .await
        .accepted();
    ask(&websocket_layer(), websocket(&["chat.v1, chat.v2"]))
        .await
        .no_token();
}

// 4
#[tokio::test]
async fn a_websocket_protocol_in_invalid_base64url_is_an_invalid_token() {
    let valid = protocol(&token().sign());
    let bad = [
        format!("{valid}="),
        format!("{PROTOCOL}*"),
        format!("{PROTOCOL}+/+/"),
        PROTOCOL.to_owned(),
    ];
    let not_utf8 = format!("{PROTOCOL}{}", encode(b"\xff\xff\xff"));
    for protocol in bad.into_iter().chain([not_utf8]) {
        let answer = ask(&websocket_layer(), websocket(&[&protocol])).await;
        answer
            .named(&protocol)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

// 3
#[tokio::test]
async fn a_token_in_two_websocket_protocols_or_in_another_location_is_an_invalid_request() {
    let signed = token().sign();
    let token = protocol(&signed);
    ask(
        &websocket_layer(),
        websocket(&[&format!("{token}, {token}")]),
    )
    .await
    .invalid_request();
    ask(&websocket_layer(), websocket(&[&token, &protocol("x")]))
        .await
        .invalid_request();
    let with_bearer = |bearer_token: &str| {
        let mut request = bearer(bearer_token);
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", token.parse().unwrap());
        request
    };
    let other = crate::support::token().sign();
    ask(&websocket_layer(), with_bearer(&other))
        .await
        .invalid_request();
    ask(&websocket_layer(), with_bearer(&signed))
        .await
        .accepted();
}

// 3, 7
#[tokio::test]
async fn a_custom_source_is_treated_like_the_others() {
    let path = |path: &str| Request::get(format!("/{path}")).body(()).unwrap();
    let layer = layer_with(TokenSource::custom(|request| {
        request
            .uri()
            .path()
            .strip_prefix("/t/")
            .map(ToOwned::to_owned)
    }));
    let token = token().sign();
    ask(&layer, path(&format!("t/{token}"))).await.accepted();
    ask(&layer, path("t/x"))
        .await
        .invalid_token(ErrorKind::MalformedToken);
    ask(&layer, path("t/"))
        .await
        .invalid_token(ErrorKind::MalformedToken);
    ask(&layer, path("")).await.no_token();
    let mut both = path("t/x");
    both.headers_mut()
        .insert("authorization", format!("Bearer {token}").parse().unwrap());
    ask(&layer, both).await.invalid_request();
}

#[test]
fn two_sources_that_read_one_header_are_a_configuration_error() {
    let header = |name: &'static str| TokenSource::header(HeaderName::from_static(name));
    let build = |sources: [TokenSource; 2]| builder().token_sources(sources).build();
    assert!(build([header("x-token"), header("x-other")]).is_ok());
    let error = build([header("x-token"), header("x-token")]).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
}

// RFC 6750 §3.1: the request is malformed, but not because a token is in two places.
#[tokio::test]
async fn a_scheme_without_a_token_beside_a_token_elsewhere_is_a_malformed_token() {
    let sources = [
        TokenSource::authorization(),
        TokenSource::cookie("session").unwrap(),
    ];
    let layer = builder().token_sources(sources).build().unwrap();
    let cookie = format!("session={}", token().sign());
    for value in ["Bearer ", "Bearer\tx"] {
        let request = request(&[("authorization", value), ("cookie", &cookie)]);
        let answer = ask(&layer, request).await.named(value);
        answer.invalid_token(ErrorKind::MalformedToken);
    }
}
