//! Readiness: the service that was polled ready is the one that is called, also after waiting for
//! keys.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::timeout;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};
use tower_jwt_auth::Claims;
use tower_test::{assert_request_eq, mock};

use crate::support::Held;
use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;

async fn answer(request: Request<String>) -> Result<Response<String>, Infallible> {
    let subject = request
        .extensions()
        .get::<Claims>()
        .and_then(|claims| claims.subject().map(str::to_owned));
    Ok(Response::new(subject.unwrap_or_default()))
}

/// A service that panics if it is called without having been polled ready, as tower's own services
/// do. A clone is not ready.
#[derive(Default)]
struct Strict {
    ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<String>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        self.ready = true;
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called without having been polled ready"
        );
        std::future::ready(Ok(Response::new("called".to_owned())))
    }
}

#[tokio::test]
async fn the_service_that_was_polled_ready_is_called_when_the_key_is_cached() {
    let mut service = layer().layer(Strict::default());
    for _ in 0..3 {
        let response = service
            .ready()
            .await
            .unwrap()
            .call(request(Some(&token())))
            .await
            .unwrap();
        assert_eq!(response.body(), "called");
    }
}

#[tokio::test]
async fn the_service_that_was_polled_ready_is_called_after_waiting_for_keys() {
    let held = Held::new();
    let mut service = held.layer().layer(Strict::default());
    let first = service.ready().await.unwrap().call(request(Some(&token())));
    let second = service.ready().await.unwrap().call(request(Some(&token())));
    held.release();
    assert_eq!(first.await.unwrap().body(), "called");
    assert_eq!(second.await.unwrap().body(), "called");
}

#[tokio::test]
async fn after_a_rejection_the_service_is_polled_again_before_it_is_called() {
    let mut service = layer().layer(Strict::default());
    let rejected = service
        .ready()
        .await
        .unwrap()
        .call(request(None))
        .await
        .unwrap();
    assert_eq!(rejected.status(), StatusCode::UNAUTHORIZED);
    let response = service
        .ready()
        .await
        .unwrap()
        .call(request(Some(&token())))
        .await
        .unwrap();
    assert_eq!(response.body(), "called");
}

#[tokio::test]
async fn the_layer_is_not_ready_while_the_service_is_not() {
    let (service, mut handle) = mock::pair::<Request<String>, Response<String>>();
    let mut service = layer().layer(service);
    handle.allow(0);
    assert!(
        timeout(Duration::from_millis(20), service.ready())
            .await
            .is_err()
    );
    handle.allow(1);
    let ready = timeout(Duration::from_secs(5), service.ready())
        .await
        .unwrap()
        .unwrap();
    let response = ready.call(request(Some(&token())));
    let (request, respond) = handle.next_request().await.unwrap();
    assert!(request.extensions().get::<Claims>().is_some());
    respond.send_response(Response::new("late".to_owned()));
    assert_eq!(response.await.unwrap().body(), "late");
}

#[tokio::test]
async fn an_error_of_the_inner_service_is_passed_on_unchanged() {
    let (service, mut handle) = mock::pair::<&'static str, Response<String>>();
    let mut service = layer().layer(service.map_request(|_: Request<String>| "request"));
    let response = service.ready().await.unwrap().call(request(Some(&token())));
    assert_request_eq!(handle, "request").send_error("broken");
    assert_eq!(response.await.unwrap_err().to_string(), "broken");
}

#[tokio::test]
async fn above_a_concurrency_limit_no_permit_is_lost() {
    let held = Held::new();
    let limit = ConcurrencyLimitLayer::new(1);
    let mut service = ServiceBuilder::new()
        .layer(held.layer())
        .layer(limit)
        .service(service_fn(answer));
    // A request that is dropped while it waits for keys releases its permit.
    let waiting = service.ready().await.unwrap().call(request(Some(&token())));
    let mut other = service.clone();
    assert!(
        timeout(Duration::from_millis(20), other.ready())
            .await
            .is_err(),
        "the only permit is taken"
    );
    drop(waiting);
    assert!(timeout(Duration::from_secs(5), other.ready()).await.is_ok());
    drop(other);
    // So does a rejected request.
    let rejected = service
        .ready()
        .await
        .unwrap()
        .call(request(None))
        .await
        .unwrap();
    assert_eq!(rejected.status(), StatusCode::UNAUTHORIZED);
    let mut other = service.clone();
    assert!(
        timeout(Duration::from_secs(5), other.ready()).await.is_ok(),
        "a rejected request holds no permit"
    );
    drop(other);
    held.release();
    for _ in 0..10 {
        let response = service
            .ready()
            .await
            .unwrap()
            .call(request(Some(&token())))
            .await
            .unwrap();
        assert_eq!(response.body(), "test-subject");
    }
}

#[tokio::test]
async fn below_a_concurrency_limit_waiting_requests_count() {
    let held = Held::new();
    let limit = ConcurrencyLimitLayer::new(1);
    let mut service = ServiceBuilder::new()
        .layer(limit)
        .layer(held.layer())
        .service(service_fn(answer));
    let waiting = service.ready().await.unwrap().call(request(Some(&token())));
    let mut other = service.clone();
    assert!(
        timeout(Duration::from_millis(20), other.ready())
            .await
            .is_err()
    );
    held.release();
    assert_eq!(waiting.await.unwrap().body(), "test-subject");
    assert!(timeout(Duration::from_secs(5), other.ready()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn it_works_below_a_timeout_a_buffer_a_rate_limit_and_load_shedding() {
    let held = Held::new();
    let mut service = ServiceBuilder::new()
        .load_shed()
        .buffer(10)
        .rate_limit(100, Duration::from_secs(1))
        .timeout(Duration::from_secs(1))
        .layer(held.layer())
        .service(service_fn(answer));
    let outcome = service
        .ready()
        .await
        .unwrap()
        .call(request(Some(&token())))
        .await;
    assert!(outcome.unwrap_err().is::<tower::timeout::error::Elapsed>());
    held.release();
    for _ in 0..20 {
        let response = service
            .ready()
            .await
            .unwrap()
            .call(request(Some(&token())))
            .await
            .unwrap();
        assert_eq!(response.body(), "test-subject");
    }
}

#[test]
fn the_future_is_send_if_that_of_the_service_is() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    fn layer_is<T: Clone + Send + Sync + 'static>(_: &T) {}
    let mut service = layer().layer(service_fn(answer));
    drop(send(service.call(request(None))));
    layer_is(&layer());
}
