//! The request and its form (§2.5), and the responses (§2.8).

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::{Method, Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tower::ServiceExt as _;

use super::support::{ask, form, logout_token, post, setup};
use crate::support::tokio;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn other_parameters_and_a_charset_are_ignored() {
    let setup = setup();
    let token = logout_token().sign();
    let request = Request::post("/")
        .header("content-type", format!("{FORM}; charset=UTF-8"))
        .body(Full::from(format!("a=1&{}&b=%20", form(&token))));
    let answer = ask(&setup.endpoint, request.unwrap()).await;
    answer.expect_logged_out();
}

#[tokio::test]
async fn another_method_gets_405() {
    let setup = setup();
    let token = logout_token().sign();
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::OPTIONS,
        Method::DELETE,
    ] {
        let mut request = post(form(&token));
        *request.method_mut() = method;
        *request.uri_mut() = format!("/logout?logout_token={token}").parse().unwrap();
        let answer = ask(&setup.endpoint, request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers["allow"], "POST");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert!(setup.list.is_empty());
}

#[tokio::test]
async fn another_content_type_is_rejected() {
    let setup = setup();
    let body = form(&logout_token().sign());
    let types: [&[&str]; 6] = [
        &[],
        &["application/json"],
        &["text/plain"],
        &["multipart/form-data; boundary=x"],
        &["application/x-www-form-urlencoded2"],
        &[FORM, FORM],
    ];
    for types in types {
        let mut request = Request::post("/");
        for value in types {
            request = request.header("content-type", *value);
        }
        let answer = ask(
            &setup.endpoint,
            request.body(Full::from(body.clone())).unwrap(),
        )
        .await;
        let description = "the content type must be application/x-www-form-urlencoded";
        answer.expect_error(StatusCode::BAD_REQUEST, "invalid_request", description);
    }
    assert!(setup.list.is_empty());
}

#[tokio::test]
async fn the_token_must_be_there_exactly_once_and_in_the_body() {
    let setup = setup();
    let token = logout_token().sign();
    for (body, description) in [
        (String::new(), "there is no logout_token"),
        (format!("token={token}"), "there is no logout_token"),
        (format!("Logout_Token={token}"), "there is no logout_token"),
        (
            format!("logout_token={token}&logout_token={token}"),
            "logout_token was given more than once",
        ),
        (
            format!("logout_token=&logout_token={token}"),
            "logout_token was given more than once",
        ),
    ] {
        let mut request = post(body);
        *request.uri_mut() = format!("/?logout_token={token}").parse().unwrap();
        let answer = ask(&setup.endpoint, request).await;
        answer.expect_error(StatusCode::BAD_REQUEST, "invalid_request", description);
    }
    assert!(setup.list.is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_413_also_without_a_length() {
    let setup = setup();
    let body = format!(
        "{}&x={}",
        form(&logout_token().sign()),
        "x".repeat(64 * 1024)
    );
    let answer = ask(&setup.endpoint, post(body)).await;
    let too_large = StatusCode::PAYLOAD_TOO_LARGE;
    answer.expect_error(
        too_large,
        "invalid_request",
        "the body has more than 64 KiB",
    );
    // It would not end.
    let chunk = || Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b'x'; 1024])));
    let endless = StreamBody::new(stream::repeat_with(chunk));
    let request = Request::post("/")
        .header("content-type", FORM)
        .body(endless);
    let response = setup.endpoint.clone().oneshot(request.unwrap()).await;
    assert_eq!(response.unwrap().status(), too_large);
    assert!(setup.list.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_or_breaks_off_is_rejected() {
    let setup = setup();
    let start = tokio::time::Instant::now();
    let hanging = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let request = Request::post("/")
        .header("content-type", FORM)
        .body(hanging);
    let response = setup
        .endpoint
        .clone()
        .oneshot(request.unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(start.elapsed() <= Duration::from_secs(11));
    let broken = stream::iter([Err::<Frame<Bytes>, _>(std::io::Error::other("telltale"))]);
    let request = Request::post("/").header("content-type", FORM);
    let request = request.body(StreamBody::new(broken)).unwrap();
    let response = setup.endpoint.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(!body.windows(8).any(|bytes| bytes == b"telltale"));
}

#[tokio::test]
async fn nothing_of_the_token_is_in_the_response() {
    let setup = setup();
    for token in [
        logout_token().subject("telltale").claim("sid", "telltale"),
        logout_token()
            .claim("telltale", "telltale")
            .without_claim("jti"),
        logout_token().audience("telltale"),
        logout_token().issuer("telltale"),
        logout_token().claim("events", serde_json::json!({ "telltale": {} })),
        logout_token().header("kid", "telltale"),
        logout_token().header("typ", "telltale"),
    ] {
        let answer = setup.log_out(&token.sign()).await;
        assert!(!format!("{answer:?}").contains("telltale"), "{answer:?}");
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_is_a_route_of_axum_beside_the_protected_ones() {
    use ::axum::Router;
    use ::axum::body::Body;
    use ::axum::routing::get;

    let setup = setup();
    let app = Router::new()
        .route("/orders", get(|| async { "orders" }))
        .layer(setup.layer.clone())
        .route_service("/logout", setup.endpoint.clone());
    let orders = async |token: &str| {
        let request = Request::get("/orders").header("authorization", format!("Bearer {token}"));
        let request = request.body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap().status()
    };
    let token = super::support::access_token().sign();
    assert_eq!(orders(&token).await, StatusCode::OK);
    let request = Request::post("/logout").header("content-type", FORM);
    let request = request
        .body(Body::from(form(&logout_token().sign())))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(orders(&token).await, StatusCode::UNAUTHORIZED);
}
