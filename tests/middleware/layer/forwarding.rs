//! The token of a request that goes on: removed, or kept as an extension.

use std::convert::Infallible;

use http::header::HeaderName;
use http::{HeaderMap, Request, Response, Uri};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{
    AccessToken, CheckOutcome, Claims, ConfigErrorKind, JwtAuthBuilder, JwtAuthLayer, TokenSource,
};

use crate::support::tokio;
use crate::support::{bearer, builder, encode, layer, raw_source, request, token};

const PROTOCOL: &str = "base64url.bearer.authorization.k8s.io.";

/// What reaches the service.
struct Seen {
    headers: HeaderMap,
    uri: Uri,
    has_claims: bool,
    kept: Option<AccessToken>,
}

impl Seen {
    fn all(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }
}

/// Returns what reaches the service, which must be reached.
async fn seen(layer: &JwtAuthLayer, request: Request<()>) -> Seen {
    let (sender, receiver) = std::sync::mpsc::channel();
    let inner = service_fn(move |request: Request<()>| {
        let seen = Seen {
            headers: request.headers().clone(),
            uri: request.uri().clone(),
            has_claims: request.extensions().get::<Claims>().is_some(),
            kept: request.extensions().get::<AccessToken>().cloned(),
        };
        let _ = sender.send(seen);
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    });
    layer.layer(inner).oneshot(request).await.unwrap();
    receiver.recv().expect("the service is reached")
}

/// Returns a builder that reads tokens from everywhere.
fn everywhere() -> JwtAuthBuilder {
    builder().token_sources([
        TokenSource::authorization(),
        TokenSource::cookie("session").unwrap(),
        TokenSource::header(HeaderName::from_static("x-token")),
        TokenSource::query("access_token"),
        TokenSource::websocket_protocol(),
    ])
}

fn stripping() -> JwtAuthLayer {
    everywhere().strip_token().build().unwrap()
}

fn at(uri: &str) -> Request<()> {
    let mut request = request(&[]);
    *request.uri_mut() = uri.parse().unwrap();
    request
}

#[tokio::test]
async fn by_default_the_token_stays() {
    let seen = seen(&layer(), bearer(&token().sign())).await;
    assert_eq!(seen.all("authorization").len(), 1);
    assert!(seen.has_claims && seen.kept.is_none());
}

#[tokio::test]
async fn a_token_is_removed_from_authorization_and_the_claims_stay() {
    let seen = seen(&stripping(), bearer(&token().sign())).await;
    assert!(seen.headers.is_empty(), "{:?}", seen.headers);
    assert!(seen.has_claims && seen.kept.is_none());
}

#[tokio::test]
async fn a_token_is_removed_from_its_own_header_alone() {
    let token = token().sign();
    let headers = [
        ("x-token", &*token),
        ("x-other", "1"),
        ("authorization", "Basic QTpC"),
    ];
    let seen = seen(&stripping(), request(&headers)).await;
    assert!(seen.has_claims && seen.all("x-token").is_empty());
    assert_eq!(seen.all("x-other"), ["1"]);
    assert_eq!(seen.all("authorization"), ["Basic QTpC"]);
}

#[tokio::test]
async fn only_the_cookie_with_the_token_is_removed() {
    let token = token().sign();
    let cookies = |own: &str| format!("a=1; {own}; sessions=2; x=session=3");
    for (sent, expected) in [
        (vec![format!("session={token}")], vec![]),
        (
            vec![cookies(&format!("session={token}"))],
            vec!["a=1; sessions=2; x=session=3"],
        ),
        (
            vec![cookies(&format!(
                "session=\"{token}\";session={token};session="
            ))],
            vec!["a=1; sessions=2; x=session=3"],
        ),
        (
            vec![
                "first=1".to_owned(),
                format!("session={token}"),
                "last=1;b".to_owned(),
            ],
            vec!["first=1", "last=1;b"],
        ),
    ] {
        let headers: Vec<_> = sent.iter().map(|value| ("cookie", &**value)).collect();
        let seen = seen(&stripping(), request(&headers)).await;
        assert!(seen.has_claims);
        assert_eq!(seen.all("cookie"), expected);
    }
}

#[tokio::test]
async fn only_the_parameter_with_the_token_is_removed_from_the_query() {
    let token = token().sign();
    for (sent, expected) in [
        ("/a?access_token=TOKEN", "/a"),
        ("/a?b=1&access_token=TOKEN&c=%20+&d", "/a?b=1&c=%20+&d"),
        (
            "/a?access%5Ftoken=TOKEN&access_tokens=2",
            "/a?access_tokens=2",
        ),
        (
            "https://api.example:8443/%7Ea?x&access_token=TOKEN",
            "https://api.example:8443/%7Ea?x",
        ),
    ] {
        let seen = seen(&stripping(), at(&sent.replace("TOKEN", &token))).await;
        assert!(seen.has_claims);
        assert_eq!(seen.uri.to_string(), expected);
    }
}

#[tokio::test]
async fn only_the_subprotocol_with_the_token_is_removed() {
    let protocol = format!("{PROTOCOL}{}", encode(token().sign()));
    for (sent, expected) in [
        (
            format!("chat.v1,{protocol} ,chat.v2"),
            vec!["chat.v1, chat.v2"],
        ),
        (protocol.clone(), vec![]),
    ] {
        let seen = seen(&stripping(), request(&[("sec-websocket-protocol", &sent)])).await;
        assert!(seen.has_claims);
        assert_eq!(seen.all("sec-websocket-protocol"), expected);
    }
}

// The handler selects `bearer` where the token follows it.
#[tokio::test]
async fn the_token_after_bearer_is_removed_and_bearer_stays() {
    let token = token().sign();
    let layer = builder().token_sources([TokenSource::websocket_bearer()]);
    let layer = layer.strip_token().build().unwrap();
    for (sent, expected) in [
        (
            vec![format!("chat,bearer , {token},v2")],
            vec!["chat, v2, bearer"],
        ),
        (vec!["bearer".to_owned(), token.clone()], vec!["bearer"]),
        (vec![format!("chat, bearer.{token}")], vec!["chat"]),
        (vec![format!("bearer.{token}")], vec![]),
    ] {
        let name = "sec-websocket-protocol";
        let headers: Vec<_> = sent.iter().map(|value| (name, &**value)).collect();
        let seen = seen(&layer, request(&headers)).await;
        assert!(seen.has_claims, "{sent:?}");
        assert_eq!(seen.all(name), expected, "{sent:?}");
    }
}

#[tokio::test]
async fn credentials_of_the_configured_scheme_are_removed_from_their_header() {
    let token = token().sign();
    let name = HeaderName::from_static("x-forwarded-authorization");
    let layer = builder().token_sources([
        TokenSource::header_with_scheme(name, "Bearer").unwrap(),
        TokenSource::header_with_scheme(http::header::AUTHORIZATION, "JWT").unwrap(),
        TokenSource::cookie_with_scheme("session", "Bearer").unwrap(),
    ]);
    let layer = layer.strip_token().build().unwrap();
    let forwarded = format!("bearer {token}");
    let headers = [
        ("x-forwarded-authorization", &*forwarded),
        ("authorization", "Bearer x"),
        ("cookie", &format!("a=1; session=\"Bearer {token}\"")),
    ];
    let passed = seen(&layer, request(&headers)).await;
    assert!(passed.has_claims && passed.all("x-forwarded-authorization").is_empty());
    assert_eq!(passed.all("authorization"), ["Bearer x"]);
    assert_eq!(passed.all("cookie"), ["a=1"]);
    let jwt = seen(
        &layer,
        request(&[("authorization", &*format!("JWT {token}"))]),
    )
    .await;
    assert!(jwt.has_claims && jwt.headers.is_empty());
}

#[tokio::test]
async fn the_same_token_in_two_places_is_removed_from_both() {
    let token = token().sign();
    let mut request = bearer(&token);
    let cookie = format!("session={token}").parse().unwrap();
    request.headers_mut().insert("cookie", cookie);
    let seen = seen(&stripping(), request).await;
    assert!(seen.has_claims && seen.headers.is_empty());
}

// It would leak to an upstream service otherwise.
#[tokio::test]
async fn a_token_is_removed_from_an_exempt_request_too() {
    let exempt = everywhere().skip(|_| true).strip_token().build().unwrap();
    let twice = format!("bearer {}", token().sign());
    let headers = [
        ("authorization", &*twice),
        ("authorization", "Basic QTpC"),
        ("authorization", "Bearer"),
        ("authorization", "Bearerish x"),
    ];
    let seen = seen(&exempt, request(&headers)).await;
    assert_eq!(seen.all("authorization"), ["Basic QTpC", "Bearerish x"]);
    assert!(!seen.has_claims && seen.kept.is_none());
}

#[tokio::test]
async fn a_check_that_waits_sees_the_token_and_the_service_does_not() {
    let layer = everywhere().keep_token().check_fn(|_, context| {
        let headers = context.request().unwrap().headers();
        assert!(headers.contains_key("authorization"));
        CheckOutcome::pending(async {
            tokio::task::yield_now().await;
            Ok(())
        })
    });
    let token = token().sign();
    let seen = seen(&layer.build().unwrap(), bearer(&token)).await;
    assert!(seen.has_claims && seen.headers.is_empty());
    assert_eq!(seen.kept.unwrap().as_str(), token);
}

#[tokio::test]
async fn a_kept_token_is_an_extension_that_shows_nothing_of_it() {
    let layer = everywhere().keep_token().build().unwrap();
    let token = token().sign();
    let seen = seen(&layer, at(&format!("/?access_token={token}"))).await;
    assert_eq!(seen.uri, "/");
    let kept = seen.kept.unwrap();
    assert_eq!(kept.as_str(), token);
    let authorization = kept.authorization();
    assert_eq!(authorization, format!("Bearer {token}"));
    assert!(authorization.is_sensitive());
    assert_eq!(format!("{kept:?}"), "AccessToken { .. }");
}

#[tokio::test]
async fn a_kept_token_of_an_outer_layer_does_not_survive_an_exemption() {
    let outer = everywhere().keep_token().build().unwrap();
    let inner = everywhere().keep_token().optional().build().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let service = service_fn(move |request: Request<()>| {
        let _ = sender.send(request.extensions().get::<AccessToken>().is_some());
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    });
    let nested = outer.layer(inner.layer(service));
    nested.oneshot(bearer(&token().sign())).await.unwrap();
    assert!(!receiver.recv().unwrap());
}

#[test]
fn a_token_whose_place_is_unknown_cannot_be_removed() {
    let sources = [TokenSource::authorization(), raw_source()];
    for builder in [builder().strip_token(), builder().keep_token()] {
        let error = builder.token_sources(sources.clone()).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        assert!(error.to_string().contains("TokenSource::custom"), "{error}");
    }
}

#[tokio::test]
async fn the_token_that_an_outer_layer_kept_does_not_stay_beside_the_claims_of_another() {
    let outer = builder().keep_token().build().unwrap();
    let cookie = || builder().token_sources([TokenSource::cookie("session").unwrap()]);
    let inner = [
        cookie().strip_token(),
        cookie(),
        cookie().check_fn(|_: &Claims, _| {
            CheckOutcome::Pending(Box::pin(async { Ok(http::Extensions::default()) }))
        }),
        cookie().skip(|_| true),
        cookie().keep_token(),
    ];
    let (alice, bob) = (
        token().subject("alice").sign(),
        token().subject("bob").sign(),
    );
    for (index, inner) in inner.map(|inner| inner.build().unwrap()).iter().enumerate() {
        let mut request = bearer(&alice);
        let cookie = format!("session={bob}").parse().unwrap();
        request.headers_mut().insert("cookie", cookie);
        let (sender, receiver) = std::sync::mpsc::channel();
        let service = service_fn(move |request: Request<()>| {
            let _ = sender.send(request.extensions().get::<AccessToken>().cloned());
            async { Ok::<_, Infallible>(Response::new(String::new())) }
        });
        let service = outer.layer(inner.layer(service));
        service.oneshot(request).await.unwrap();
        let kept = receiver.recv().unwrap();
        let expected = (index == 4).then_some(&*bob);
        assert_eq!(kept.as_ref().map(AccessToken::as_str), expected, "{index}");
    }
}
