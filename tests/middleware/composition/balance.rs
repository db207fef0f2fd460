//! The layer with `Balance`, and services that become ready late or never.

use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::timeout;
use tower::balance::p2c::Balance;
use tower::buffer::Buffer;
use tower::discover::ServiceList;
use tower::load::Constant;
use tower::{BoxError, Layer as _, Service as _, ServiceBuilder, ServiceExt as _};
use tower_test::mock::{self, Handle, Mock};

use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;

type Endpoint = Mock<Request<String>, Response<String>>;
type Caller = Handle<Request<String>, Response<String>>;

const SECOND: Duration = Duration::from_secs(1);

fn endpoints() -> (Vec<Endpoint>, Vec<Caller>) {
    let mut pairs: Vec<(Endpoint, Caller)> = (0..2).map(|_| mock::pair()).collect();
    // The first endpoint is never ready; the second one as often as a test allows.
    for (_, caller) in &mut pairs {
        caller.allow(0);
    }
    pairs.into_iter().unzip()
}

async fn serve(caller: &mut Caller, body: &str) {
    let (_, respond) = caller.next_request().await.expect("a request");
    respond.send_response(Response::new(body.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn above_a_balance_requests_reach_the_endpoint_that_is_ready() {
    let (endpoints, mut callers) = endpoints();
    let list = ServiceList::new(
        endpoints
            .into_iter()
            .map(|endpoint| Constant::new(endpoint, 1)),
    );
    let mut service = ServiceBuilder::new()
        .layer(layer())
        .layer_fn(|inner| Buffer::new(inner, 4))
        .service(Balance::new(list));
    callers[1].allow(2);
    for body in ["first", "second"] {
        let response = tokio::spawn(service.ready().await.unwrap().call(request(Some(&token()))));
        serve(&mut callers[1], body).await;
        assert_eq!(response.await.unwrap().unwrap().body(), body);
    }
    let waiting = tokio::spawn(service.ready().await.unwrap().call(request(Some(&token()))));
    assert!(
        timeout(SECOND, callers[1].next_request()).await.is_err(),
        "no endpoint is ready"
    );
    let rejected = service
        .ready()
        .await
        .unwrap()
        .call(request(None))
        .await
        .unwrap();
    assert_eq!(
        rejected.status(),
        StatusCode::UNAUTHORIZED,
        "a rejection needs no endpoint"
    );
    callers[1].allow(1);
    serve(&mut callers[1], "third").await;
    assert_eq!(waiting.await.unwrap().unwrap().body(), "third");
}

#[tokio::test(start_paused = true)]
async fn below_a_balance_an_endpoint_stays_usable_after_a_rejection() {
    let (endpoints, mut callers) = endpoints();
    let list = ServiceList::new(
        endpoints
            .into_iter()
            .map(|endpoint| Constant::new(layer().layer(endpoint), 1)),
    );
    let mut service = Balance::new(list);
    assert!(
        timeout(SECOND, service.ready()).await.is_err(),
        "no endpoint is ready"
    );
    callers[1].allow(1);
    let rejected = service
        .ready()
        .await
        .unwrap()
        .call(request(None))
        .await
        .unwrap();
    assert_eq!(rejected.status(), StatusCode::UNAUTHORIZED);
    callers[1].allow(1);
    let response = tokio::spawn(service.ready().await.unwrap().call(request(Some(&token()))));
    serve(&mut callers[1], "answered").await;
    assert_eq!(response.await.unwrap().unwrap().body(), "answered");
}

#[tokio::test]
async fn an_error_from_poll_ready_is_passed_on() {
    let (endpoint, mut caller): (Endpoint, Caller) = mock::pair();
    let mut service = layer().layer(endpoint);
    caller.send_error("broken");
    let error: BoxError = service.ready().await.unwrap_err();
    assert_eq!(error.to_string(), "broken");
}

#[tokio::test]
async fn a_buffer_whose_worker_ended_returns_an_error_and_does_not_panic() {
    let (endpoint, mut caller): (Endpoint, Caller) = mock::pair();
    let service = ServiceBuilder::new()
        .layer(layer())
        .buffer(1)
        .service(endpoint);
    caller.send_error("broken");
    for _ in 0..3 {
        let error: BoxError = service
            .clone()
            .oneshot(request(Some(&token())))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("broken"), "{error}");
    }
}
