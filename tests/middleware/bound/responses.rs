//! What is added to the responses of the service: a newer nonce, when the client's one ages.

use std::convert::Infallible;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{CheckOutcome, JwtAuthBuilder, JwtAuthLayer};

use crate::support::dpop::{
    as_grpc, bound, builder_with, copy, presented, proof, valid, with_nonces,
};
use crate::support::tokio;
use crate::support::{NOW, at, block_on};

/// Sends a request to a service whose responses have this status and these headers.
async fn send(
    layer: &JwtAuthLayer,
    request: Request<()>,
    status: StatusCode,
    headers: &'static [(&'static str, &'static str)],
) -> HeaderMap {
    let inner = service_fn(move |_: Request<()>| async move {
        let mut response = Response::new(String::new());
        *response.status_mut() = status;
        for (name, value) in headers {
            response.headers_mut().append(*name, value.parse().unwrap());
        }
        Ok::<_, Infallible>(response)
    });
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    assert_eq!(response.status(), status);
    response.into_parts().0.headers
}

/// Returns a layer, and valid requests whose nonce ages.
fn aging(
    change: impl Fn(JwtAuthBuilder) -> JwtAuthBuilder,
) -> (JwtAuthLayer, impl Fn() -> Request<()>) {
    let clock = TestClock::new(at(NOW));
    let builder = change(builder_with(with_nonces())).clock(clock.clone());
    let layer = builder.build().unwrap();
    let authenticator = layer.authenticator().clone();
    let request = valid();
    let told = block_on(authenticator.authenticate_request(&(&request).into())).unwrap_err();
    let nonce = told.dpop_nonce().unwrap().to_owned();
    clock.advance(Duration::from_secs(200));
    let request = move || {
        let token = bound();
        presented(&token, &proof(&token).claim("nonce", &nonce).sign())
    };
    (layer, request)
}

fn values<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let values = headers.get_all(name).iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

#[test]
fn a_newer_nonce_is_added_and_makes_the_response_uncacheable() {
    let (layer, request) = aging(|builder| builder);
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[], "no-store"),
        (&[("cache-control", "no-store")], "no-store"),
        (
            &[("cache-control", "No-Store, private")],
            "No-Store, private",
        ),
        (&[("cache-control", "max-age=60")], "no-store, max-age=60"),
        (
            &[("cache-control", "public, max-age=60, s-maxage=5")],
            "no-store, max-age=60",
        ),
        (&[("cache-control", "private")], "no-store, private"),
        (
            &[("cache-control", "public"), ("cache-control", "no-cache")],
            "no-store, no-cache",
        ),
    ];
    for (headers, expected) in cases {
        let got = block_on(send(&layer, request(), StatusCode::OK, headers));
        assert_eq!(values(&got, "cache-control"), [expected], "{headers:?}");
        assert_eq!(values(&got, "dpop-nonce").len(), 1, "{headers:?}");
    }
}

#[test]
fn a_response_of_any_status_gets_it_and_so_do_grpc_calls() {
    let (layer, request) = aging(|builder| builder);
    for status in [
        StatusCode::NOT_FOUND,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::CREATED,
    ] {
        let got = block_on(send(&layer, request(), status, &[]));
        assert_eq!(values(&got, "dpop-nonce").len(), 1, "{status}");
    }
    let call = as_grpc(&request());
    let got = block_on(send(&layer, call, StatusCode::OK, &[("grpc-status", "0")]));
    assert_eq!(values(&got, "dpop-nonce").len(), 1);
}

#[test]
fn a_nonce_of_the_service_is_not_doubled() {
    let (layer, request) = aging(|builder| builder);
    let own = &[("dpop-nonce", "own"), ("cache-control", "max-age=1")];
    let got = block_on(send(&layer, request(), StatusCode::OK, own));
    assert_eq!(values(&got, "dpop-nonce"), ["own"]);
    assert_eq!(values(&got, "cache-control"), ["max-age=1"]);
}

#[test]
fn nothing_is_added_while_the_nonce_is_new_and_to_bearer_tokens() {
    let (layer, request) = aging(|builder| builder);
    let newer = block_on(send(&layer, request(), StatusCode::OK, &[]));
    let newer = newer["dpop-nonce"].to_str().unwrap();
    let token = bound();
    let with_newer = presented(&token, &proof(&token).claim("nonce", newer).sign());
    assert!(block_on(send(&layer, with_newer, StatusCode::OK, &[])).is_empty());
    let mut bearer = copy(&request());
    let unbound = crate::support::token().sign();
    let headers = bearer.headers_mut();
    headers.insert(
        "authorization",
        format!("Bearer {unbound}").parse().unwrap(),
    );
    assert!(block_on(send(&layer, bearer, StatusCode::OK, &[])).is_empty());
}

#[tokio::test]
async fn a_request_that_waited_for_a_check_gets_it_too() {
    let (layer, request) = aging(|builder| {
        builder.check_fn(|_, _| {
            CheckOutcome::pending(async {
                tokio::task::yield_now().await;
                Ok(())
            })
        })
    });
    let got = send(&layer, request(), StatusCode::OK, &[]).await;
    assert_eq!(values(&got, "dpop-nonce").len(), 1);
    assert_eq!(values(&got, "cache-control"), ["no-store"]);
}
