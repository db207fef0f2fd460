//! Requirements 3 and 7: a scheme in another header or in a cookie, and other schemes of bearer
//! tokens, which are opt-in.

use http::HeaderName;
use http::header::AUTHORIZATION;
use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthLayer, TokenSource};

use crate::support::tokio;
use crate::support::{ask, builder, request, token};

const NAME: &str = "x-forwarded-authorization";
const FORWARDED: HeaderName = HeaderName::from_static(NAME);

fn layer_with(sources: impl IntoIterator<Item = TokenSource>) -> JwtAuthLayer {
    builder().token_sources(sources).build().unwrap()
}

fn forwarded() -> TokenSource {
    TokenSource::header_with_scheme(FORWARDED, "Bearer").unwrap()
}

fn jwt() -> TokenSource {
    TokenSource::header_with_scheme(AUTHORIZATION, "JWT").unwrap()
}

fn cookie() -> TokenSource {
    TokenSource::cookie_with_scheme("session", "Bearer").unwrap()
}

#[tokio::test]
async fn another_header_may_have_a_scheme() {
    let token = token().sign();
    let layer = layer_with([TokenSource::authorization(), forwarded()]);
    let send = |value: String| ask(&layer, request(&[(NAME, &value)]));
    for value in [
        format!("Bearer {token}"),
        format!("bearer  {token}"),
        format!("BEARER {token} "),
    ] {
        let answer = send(value.clone()).await.named(&value);
        assert_eq!(answer.headers["cache-control"], "private");
        answer.accepted();
    }
    for value in [format!("JWT {token}"), token.clone(), String::new()] {
        send(value.clone()).await.named(&value).no_token();
    }
    for value in ["Bearer", "Bearer ", "Bearer\tx", "Bearer x"] {
        let answer = send(value.to_owned()).await.named(value);
        answer.invalid_token(ErrorKind::MalformedToken);
    }
    send(format!("Bearer {token}, Bearer {token}"))
        .await
        .invalid_request();
    let twice = [(NAME, "Bearer x"), (NAME, "Basic x")];
    ask(&layer, request(&twice)).await.invalid_request();
}

#[tokio::test]
async fn authorization_may_have_another_scheme_beside_bearer() {
    let token = token().sign();
    let layer = layer_with([TokenSource::authorization(), jwt()]);
    let send = |value: String| ask(&layer, request(&[("authorization", &value)]));
    for scheme in ["JWT", "jwt", "Bearer"] {
        let answer = send(format!("{scheme} {token}")).await.named(scheme);
        assert_eq!(answer.headers.get("cache-control"), None);
        answer.accepted();
    }
    for scheme in ["JWTx", "Token", "DPoP"] {
        send(format!("{scheme} {token}"))
            .await
            .named(scheme)
            .no_token();
    }
    send("JWT".to_owned())
        .await
        .invalid_token(ErrorKind::MalformedToken);
    send(format!("JWT {token}, Bearer {token}"))
        .await
        .invalid_request();
    let both = [("authorization", "JWT x"), ("authorization", "Bearer x")];
    ask(&layer, request(&both)).await.invalid_request();
}

#[tokio::test]
async fn a_cookie_may_have_a_scheme() {
    let token = token().sign();
    let layer = layer_with([cookie()]);
    let send = |value: String| ask(&layer, request(&[("cookie", &format!("session={value}"))]));
    for value in [
        format!("\"Bearer {token}\""),
        format!("Bearer {token}"),
        format!("bearer {token}; a=1"),
    ] {
        send(value.clone()).await.named(&value).accepted();
    }
    for value in ["", "\"\"", "JWT x", &token] {
        send(value.to_owned()).await.named(value).no_token();
    }
    for value in ["Bearer", "\"Bearer \"", "Bearer x", "Bearer \u{e9}"] {
        let answer = send(value.to_owned()).await.named(value);
        answer.invalid_token(ErrorKind::MalformedToken);
    }
    send(format!("Bearer {token}; session=Bearer x"))
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

#[test]
fn a_scheme_must_be_one_of_bearer_tokens() {
    for scheme in [
        "",
        "Bearer ",
        "a b",
        "a,b",
        "\u{e9}",
        "Basic",
        "digest",
        "DPOP",
        "Negotiate",
    ] {
        let of_header = TokenSource::header_with_scheme(FORWARDED, scheme).unwrap_err();
        let of_cookie = TokenSource::cookie_with_scheme("session", scheme).unwrap_err();
        for error in [of_header, of_cookie] {
            assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
            let text = error.to_string();
            assert!(
                text.starts_with(&format!("scheme {scheme:?}: must be")),
                "{text}"
            );
        }
    }
    assert!(TokenSource::cookie_with_scheme("a b", "Bearer").is_err());
}

#[test]
fn two_sources_that_read_the_same_are_a_configuration_error() {
    let build = |a: TokenSource, b: TokenSource| builder().token_sources([a, b]).build();
    let header = |name, scheme| TokenSource::header_with_scheme(name, scheme).unwrap();
    for (a, b) in [
        (forwarded(), TokenSource::header(FORWARDED)),
        (TokenSource::header(FORWARDED), forwarded()),
        (forwarded(), header(FORWARDED, "bearer")),
        (
            TokenSource::authorization(),
            header(AUTHORIZATION, "BEARER"),
        ),
        (
            TokenSource::authorization(),
            TokenSource::header(AUTHORIZATION),
        ),
        (cookie(), TokenSource::cookie("session").unwrap()),
        (
            cookie(),
            TokenSource::cookie_with_scheme("session", "JWT").unwrap(),
        ),
    ] {
        let what = format!("{a:?} and {b:?}");
        let error = build(a, b).expect_err(&what);
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting, "{what}");
    }
    for (a, b) in [
        (forwarded(), header(FORWARDED, "JWT")),
        (TokenSource::authorization(), jwt()),
        (cookie(), TokenSource::cookie("other").unwrap()),
    ] {
        assert!(build(a, b).is_ok());
    }
}
