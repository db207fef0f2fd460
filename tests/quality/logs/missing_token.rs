//! The target `tower_jwt_auth::diagnosis` for a request without a token: where it was looked for,
//! and what `Authorization` begins with.

use http::header::{AUTHORIZATION, HeaderName};
use http::{Method, Request, StatusCode};
use tower_jwt_auth::{JwtAuthLayer, TokenSource};

use crate::support::dpop::{dpop, layer_with, required};
use crate::support::tokio;
use crate::support::{ask, builder, payload, request, signed};
use crate::{TURN, capture, text};

/// Returns the event of a request without a token.
async fn event(layer: &JwtAuthLayer, headers: &[(&str, &str)]) -> String {
    event_of(layer, request(headers)).await
}

async fn event_of(layer: &JwtAuthLayer, request: Request<()>) -> String {
    capture();
    let answer = ask(layer, request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let log = text();
    let mut events = log
        .lines()
        .filter_map(|line| line.split_once("tower_jwt_auth::diagnosis: "));
    let (_, event) = events.next().unwrap_or_else(|| panic!("{log}"));
    assert!(events.next().is_none(), "{log}");
    let event = event.strip_suffix(" error.type=\"missing_token\"");
    event.unwrap_or_else(|| panic!("{log}")).to_owned()
}

#[tokio::test]
async fn a_request_without_a_token_says_where_it_was_looked_for() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let token = signed(payload(&[]));
    let jwt = " (header authorization has the scheme \"JWT\"), expected in header authorization \
               (hint: use the scheme Bearer, or TokenSource::header_with_scheme)";
    let basic = " (header authorization has the scheme \"Basic\"), expected in header authorization \
                 (hint: use the scheme Bearer)";
    let none = " (header authorization has no scheme), expected in header authorization (hint: \
                write Bearer and a space before the token)";
    let other = " (header authorization has another scheme), expected in header authorization \
                 (hint: use the scheme Bearer, or TokenSource::header_with_scheme)";
    let dpop = " (header authorization has the scheme \"DPoP\"), expected in header authorization \
                (hint: set JwtAuthBuilder::dpop)";
    for (value, expected) in [
        (None, ", expected in header authorization"),
        (Some(format!("dpop {token}")), dpop),
        (Some(format!("JWT {token}")), jwt),
        (Some(format!("jwt {token}")), jwt),
        (Some("basic YWxpY2U6dGVsbHRhbGU=".to_owned()), basic),
        (Some(token.clone()), none),
        (Some(format!("{token} x")), other),
        // It may be a secret.
        (Some("telltale x".to_owned()), other),
        (Some("B\u{e9}arer x".to_owned()), other),
    ] {
        let headers = value.as_deref().map(|value| ("authorization", value));
        let event = event(&layer, headers.as_slice()).await;
        assert_eq!(event, format!("token: none found{expected}"), "{value:?}");
        let log = text();
        assert!(token.split('.').all(|part| !log.contains(part)), "{log}");
        assert!(!log.contains("telltale"), "{log}");
    }
}

#[tokio::test]
async fn each_source_is_named_in_words() {
    let _turn = TURN.lock().await;
    let forwarded = HeaderName::from_static("x-forwarded-authorization");
    let sources = [
        TokenSource::header(HeaderName::from_static("x-token")),
        TokenSource::header_with_scheme(forwarded, "Bearer").unwrap(),
        TokenSource::cookie("session").unwrap(),
        TokenSource::cookie_with_scheme("jwt", "Bearer").unwrap(),
        TokenSource::query("access_token"),
        TokenSource::websocket_bearer(),
        TokenSource::custom(|_| None),
    ];
    let layer = builder().token_sources(sources).build().unwrap();
    let named = "header x-token or header x-forwarded-authorization with the scheme \"Bearer\" or \
                 cookie \"session\" or cookie \"jwt\" with the scheme \"Bearer\" or query parameter \
                 \"access_token\" or WebSocket subprotocol or custom source";
    let event = event(&layer, &[]).await;
    assert_eq!(event, format!("token: none found, expected in {named}"));
}

#[tokio::test]
async fn a_scheme_is_hinted_at_only_if_a_source_reads_it() {
    let _turn = TURN.lock().await;
    let cookie = builder().token_sources([TokenSource::cookie("session").unwrap()]);
    let cookie = cookie.build().unwrap();
    for (value, found) in [
        ("opaque", "no scheme"),
        ("Bearer x", "the scheme \"Bearer\""),
    ] {
        let event = event(&cookie, &[("authorization", value)]).await;
        let expected = format!(
            "token: none found (header authorization has {found}), expected in cookie \"session\""
        );
        assert_eq!(event, expected);
    }
    let jwt = TokenSource::header_with_scheme(AUTHORIZATION, "JWT").unwrap();
    let jwt = builder().token_sources([jwt]).build().unwrap();
    let event = event(&jwt, &[("authorization", "Bearer x")]).await;
    assert!(event.contains("(hint: use the scheme JWT, or"), "{event}");
}

#[tokio::test]
async fn with_dpop_its_scheme_is_named_and_if_it_is_required_it_alone() {
    let _turn = TURN.lock().await;
    let both = "header authorization with the scheme \"Bearer\" or \"DPoP\"";
    let optional = event(&layer_with(dpop()), &[]).await;
    assert_eq!(optional, format!("token: none found, expected in {both}"));
    let layer = layer_with(required());
    let one = "header authorization with the scheme \"DPoP\"";
    let none = event(&layer, &[]).await;
    assert_eq!(none, format!("token: none found, expected in {one}"));
    let basic = event(&layer, &[("authorization", "Basic YTpi")]).await;
    assert!(basic.ends_with("(hint: use the scheme DPoP)"), "{basic}");
}

#[tokio::test]
async fn a_preflight_that_reaches_the_layer_is_named() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let origin = ("origin", "https://app.example");
    let asks = ("access-control-request-method", "GET");
    let hint = "(hint: this is a CORS preflight, which has no token; put the CORS layer above this \
                one)";
    for (method, headers, is_preflight) in [
        (Method::OPTIONS, vec![origin, asks], true),
        (Method::GET, vec![origin, asks], false),
        (Method::OPTIONS, vec![origin], false),
        (Method::OPTIONS, vec![asks], false),
    ] {
        let mut preflight = request(&headers);
        *preflight.method_mut() = method;
        let event = event_of(&layer, preflight).await;
        assert_eq!(event.ends_with(hint), is_preflight, "{event}");
    }
}

#[tokio::test]
async fn a_websocket_of_a_browser_is_named_if_only_headers_are_read() {
    let _turn = TURN.lock().await;
    let origin = ("origin", "https://app.example");
    let version = ("sec-websocket-version", "13");
    let headers = builder().build().unwrap();
    let bound = layer_with(required());
    let cookie = TokenSource::cookie("session").unwrap();
    let cookie = builder().token_sources([TokenSource::authorization(), cookie]);
    let cookie = cookie.build().unwrap();
    let protocol = builder().token_sources([TokenSource::websocket_bearer()]);
    let protocol = protocol.build().unwrap();
    let add = "(hint: scripts can't set this header for a WebSocket; add \
               TokenSource::websocket_bearer)";
    let split = "(hint: scripts can't set this header for a WebSocket; protect its route with a \
                 layer without DPoP, and with TokenSource::websocket_bearer)";
    for (layer, headers, hint) in [
        (&headers, vec![origin, version], Some(add)),
        (&bound, vec![origin, version], Some(split)),
        // Other clients than browsers can set the header.
        (&headers, vec![version], None),
        (&headers, vec![origin], None),
        (&cookie, vec![origin, version], None),
        (&protocol, vec![origin, version], None),
    ] {
        let event = event(layer, &headers).await;
        match hint {
            Some(hint) => assert!(event.ends_with(hint), "{event}"),
            None => assert!(!event.contains("hint"), "{event}"),
        }
    }
}
