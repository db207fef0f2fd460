//! Requirements 3 and 7: tokens in cookies, which are opt-in.

use http::{HeaderValue, Request};
use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthLayer, TokenSource};

use crate::support::tokio;
use crate::support::{ask, builder, layer, request, token};

fn cookie_layer() -> JwtAuthLayer {
    builder()
        .token_sources([
            TokenSource::authorization(),
            TokenSource::cookie("session").unwrap(),
        ])
        .build()
        .unwrap()
}

// 7
#[tokio::test]
async fn by_default_cookies_are_not_read() {
    let request = request(&[("cookie", &format!("session={}", token().sign()))]);
    ask(&layer(), request).await.no_token();
}

// 7
#[tokio::test]
async fn a_cookie_is_found_among_others() {
    let token = token().sign();
    let forms = [
        format!("session={token}"),
        format!("a=1; session={token}; b=2"),
        format!("a=1;session={token};b"),
        format!("=; ;;a; session={token}"),
        format!("Session=x; sessio=x; session2=x; xsession=x; session={token}"),
    ];
    for form in forms {
        ask(&cookie_layer(), request(&[("cookie", &form)]))
            .await
            .named(&form)
            .accepted();
    }
}

// 7: RFC 6265 §4.1.1
#[tokio::test]
async fn a_quoted_cookie_is_unquoted() {
    let request = request(&[("cookie", &format!("a=1; session=\"{}\"", token().sign()))]);
    ask(&cookie_layer(), request).await.accepted();
}

// 7: RFC 9113 §8.2.3
#[tokio::test]
async fn cookies_may_be_spread_over_several_headers() {
    let session = format!("session={}", token().sign());
    let request = request(&[("cookie", "a=1"), ("cookie", &session), ("cookie", "b=2")]);
    ask(&cookie_layer(), request).await.accepted();
}

// 3: browsers send a cookie twice if it was set for two paths or domains.
#[tokio::test]
async fn equal_cookies_are_one_and_emptied_ones_are_none() {
    let session = format!("session={}", token().sign());
    for cookies in [
        format!("{session}; {session}"),
        format!("session=; {session}"),
        format!("{session}; session=\"\"; a=1"),
        format!("session=; {session}; session=; {session}"),
        format!("session=\"{}\"; {session}", &session["session=".len()..]),
    ] {
        let request = request(&[("cookie", &cookies)]);
        ask(&cookie_layer(), request)
            .await
            .named(&cookies)
            .accepted();
    }
    let twice = request(&[("cookie", &session), ("cookie", &session)]);
    ask(&cookie_layer(), twice).await.accepted();
}

// 3: not 400: signing in again replaces one of the cookies.
#[tokio::test]
async fn different_cookies_of_one_name_are_an_invalid_token() {
    let session = format!("session={}", token().sign());
    for other in ["session=x", "session=\"x\"", "session= x", "session=\u{e9}"] {
        for cookies in [format!("{session}; {other}"), format!("{other}; {session}")] {
            let answer = ask(&cookie_layer(), request(&[("cookie", &cookies)])).await;
            answer
                .named(&cookies)
                .invalid_token(ErrorKind::MalformedToken);
        }
        let two = request(&[("cookie", &session), ("cookie", other)]);
        ask(&cookie_layer(), two)
            .await
            .named(other)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

fn in_header_and_cookie(bearer: &str, session: &str) -> Request<()> {
    request(&[
        ("authorization", &format!("Bearer {bearer}")),
        ("cookie", &format!("session={session}")),
    ])
}

// 3
#[tokio::test]
async fn different_tokens_in_header_and_cookie_are_an_invalid_request() {
    let (one, two) = (token().sign(), token().sign());
    ask(&cookie_layer(), in_header_and_cookie(&one, &two))
        .await
        .invalid_request();
    ask(&cookie_layer(), in_header_and_cookie(&one, "x"))
        .await
        .invalid_request();
}

// 3
#[tokio::test]
async fn the_same_token_in_header_and_cookie_is_one_token() {
    let token = token().sign();
    ask(&cookie_layer(), in_header_and_cookie(&token, &token))
        .await
        .accepted();
}

// 2, 7
#[tokio::test]
async fn an_empty_cookie_is_no_token() {
    for value in ["session=", "session=\"\"", "session=; a=1", "session", ""] {
        ask(&cookie_layer(), request(&[("cookie", value)]))
            .await
            .named(value)
            .no_token();
    }
    let authorization = format!("Bearer {}", token().sign());
    ask(
        &cookie_layer(),
        request(&[("authorization", &authorization), ("cookie", "session=")]),
    )
    .await
    .accepted();
}

// 2, 7
#[tokio::test]
async fn with_another_scheme_in_the_header_the_cookie_counts() {
    let session = format!("session={}", token().sign());
    let request = request(&[
        ("authorization", "Basic dXNlcjpwYXNz"),
        ("cookie", &session),
    ]);
    ask(&cookie_layer(), request).await.accepted();
}

// 4, 7
#[tokio::test]
async fn a_malformed_cookie_is_an_invalid_token() {
    for value in [
        "session=x",
        "session=\"x",
        "session=a.b.c",
        "session=\"",
        "session= a b",
    ] {
        let request = request(&[("cookie", value)]);
        ask(&cookie_layer(), request)
            .await
            .named(value)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

// 4, 7: as in the `Authorization` header, a token that can't be read is not an absent one.
#[tokio::test]
async fn a_cookie_of_bytes_beyond_ascii_is_an_invalid_token() {
    let value = HeaderValue::from_bytes(b"session=\xff").unwrap();
    let request = Request::get("/").header("cookie", value).body(()).unwrap();
    ask(&cookie_layer(), request)
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

// 7: other cookies are ignored.
#[tokio::test]
async fn bytes_beyond_ascii_in_another_cookie_do_no_harm() {
    let value =
        HeaderValue::from_bytes(format!("theme=é; session={}", token().sign()).as_bytes()).unwrap();
    let request = Request::get("/").header("cookie", value).body(()).unwrap();
    ask(&cookie_layer(), request).await.accepted();
}

// 7
#[test]
fn an_invalid_cookie_name_is_a_configuration_error() {
    for name in ["", "a b", "a=b", "a;b", "é", "a,b", "\"a\""] {
        let error = TokenSource::cookie(name).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting, "{name}");
    }
}
