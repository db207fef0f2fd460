//! Requests of a check through `HttpClient`.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tower::service_fn;
use tower_jwt_auth::{CheckOutcome, Error, ErrorClass, ErrorKind, HttpClient};

use crate::checks::support::{builder, rejection, token};
use crate::support::tokio;

const URL: &str = "https://issuer.example/sessions";

/// Answers a POST with its body, and everything else with 405.
fn echo() -> HttpClient {
    HttpClient::new(service_fn(|request: Request<Full<Bytes>>| async {
        let status = if request.method() == http::Method::POST && request.uri() == URL {
            StatusCode::OK
        } else {
            StatusCode::METHOD_NOT_ALLOWED
        };
        let body = request.into_body().collect().await?.to_bytes();
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        Ok::<_, std::convert::Infallible>(response)
    }))
}

#[tokio::test]
async fn a_check_can_post_a_body() {
    let client = echo();
    let ended = Error::custom(ErrorClass::Unauthorized, "session_ended", "signed out").unwrap();
    let layer = builder()
        .check_fn(move |claims, _| {
            let (client, ended) = (client.clone(), ended.clone());
            let session = claims.session_id().unwrap_or_default().to_owned();
            CheckOutcome::pending(async move {
                let request = Request::post(URL).body(Bytes::from(session)).unwrap();
                let response = client.send(request, 1000).await;
                match response
                    .map_err(|error| ended.clone().with_source(error))?
                    .body()
                {
                    body if body == "alive" => Ok(()),
                    _ => Err(ended),
                }
            })
        })
        .build()
        .unwrap();
    let with_session = |session: &str| token().claim("sid", session).sign();
    assert!(rejection(&layer, &with_session("alive")).await.is_none());
    let error = rejection(&layer, &with_session("over")).await.unwrap();
    assert_eq!(error.kind(), ErrorKind::Custom("session_ended"));
}

#[tokio::test]
async fn a_response_that_is_too_long_is_an_error_and_one_that_failed_has_no_body() {
    let post = |body: &'static [u8]| Request::post(URL).body(Bytes::from_static(body)).unwrap();
    let client = echo();
    let at_limit = client.send(post(b"12345"), 5).await.unwrap();
    assert_eq!(at_limit.body(), "12345");
    let error = client.send(post(b"123456"), 5).await.unwrap_err();
    assert!(error.to_string().contains("exceeds"), "{error}");
    let get = Request::get(URL).body(Bytes::from_static(b"1")).unwrap();
    let response = client.send(get, 5).await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(response.body().is_empty());
}
