//! HTTP clients that follow redirects.

use std::io;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_jwt_auth::{Authenticator, HttpClient, Issuer, ResponseUri};

use crate::cache::mock::{AUDIENCE, ISSUER, JWKS_URI, Mock};
use crate::support::tokio;

const DOCUMENT: &str = "https://issuer.example/.well-known/openid-configuration";

/// Returns a client that follows a redirect from `from` to `to`, and tells so.
fn following(mock: &Mock, from: &'static str, to: &'static str) -> HttpClient {
    let mock = mock.clone();
    let metadata = json!({"issuer": ISSUER, "jwks_uri": JWKS_URI}).to_string();
    mock.page(DOCUMENT, metadata.clone());
    mock.page(
        to,
        if from == DOCUMENT {
            metadata
        } else {
            mock.jwks()
        },
    );
    HttpClient::new(service_fn(move |request: Request<Full<Bytes>>| {
        let mock = mock.clone();
        async move {
            let uri = if *request.uri() == *from {
                Uri::from_static(to)
            } else {
                request.uri().clone()
            };
            let request = Request::get(uri.clone()).body(Bytes::new()).unwrap();
            let client = mock.client();
            let response = client.send(request, 1 << 20).await;
            let mut response = response.map_err(io::Error::other)?.map(Full::new);
            response.extensions_mut().insert(ResponseUri(uri));
            Ok::<Response<Full<Bytes>>, io::Error>(response)
        }
    }))
}

async fn prefetched(client: HttpClient) -> Result<(), String> {
    let issuer = Issuer::discovery(ISSUER, AUDIENCE).http_client(client);
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    authenticator
        .prefetch()
        .await
        .map_err(|error| std::error::Error::source(&error).unwrap().to_string())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_followed_a_redirect_is_noticed() {
    for (from, to) in [
        (JWKS_URI, "https://evil.example/jwks"),
        (JWKS_URI, "https://issuer.example/other"),
        (JWKS_URI, "http://issuer.example/jwks"),
        (DOCUMENT, "https://evil.example/document"),
    ] {
        let outcome = prefetched(following(&Mock::new(), from, to)).await;
        let error = outcome.unwrap_err();
        let reason = "the HTTP client followed a redirect, which could lead to other keys";
        assert!(error.contains(reason), "from {from} to {to}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_followed_none_is_used() {
    for same in [JWKS_URI, "https://ISSUER.example/jwks"] {
        let outcome = prefetched(following(&Mock::new(), JWKS_URI, same)).await;
        assert_eq!(outcome, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn requests_of_your_own_are_not_redirected_either() {
    let client = following(&Mock::new(), JWKS_URI, "https://evil.example/jwks");
    let request = Request::get(JWKS_URI).body(Bytes::new()).unwrap();
    assert!(client.send(request, 1 << 20).await.is_err());
}
