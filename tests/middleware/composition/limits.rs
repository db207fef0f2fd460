//! The layer above and below `RateLimit` with `Buffer`, `LoadShed` and `Timeout`.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::{Instant, sleep};
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower::{BoxError, Service as _, ServiceBuilder, ServiceExt as _, service_fn};

use crate::composition::watched::{Costly, answer};
use crate::support::Held;
use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;

const SECOND: Duration = Duration::from_secs(1);

async fn slow(request: Request<String>) -> Result<Response<String>, Infallible> {
    sleep(SECOND).await;
    answer(request).await
}

#[tokio::test(start_paused = true)]
async fn above_a_buffered_rate_limit_rejections_use_no_quota() {
    let service = ServiceBuilder::new()
        .layer(layer())
        .buffer(1)
        .rate_limit(2, 10 * SECOND)
        .service(service_fn(answer));
    let start = Instant::now();
    for _ in 0..20 {
        let response = service.clone().oneshot(request(None)).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    for _ in 0..2 {
        let response = service
            .clone()
            .oneshot(request(Some(&token())))
            .await
            .unwrap();
        assert_eq!(response.body(), "test-subject");
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "both are within the quota");
    service.oneshot(request(Some(&token()))).await.unwrap();
    assert_eq!(
        start.elapsed(),
        10 * SECOND,
        "the third waits for the next period"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_dropped_while_it_waits_for_keys_releases_its_slot_in_the_buffer() {
    let held = Held::new();
    let service = ServiceBuilder::new()
        .layer(held.layer())
        .buffer(1)
        .service(Costly::default());
    let mut first = service.clone();
    let waiting = first.ready().await.unwrap().call(request(Some(&token())));
    let mut other = service.clone();
    assert!(
        tokio::time::timeout(SECOND, other.ready()).await.is_err(),
        "the only slot is taken"
    );
    drop(waiting);
    assert!(tokio::time::timeout(SECOND, other.ready()).await.is_ok());
    held.release();
    let response = other.call(request(Some(&token()))).await.unwrap();
    assert_eq!(response.body(), "test-subject");
}

#[tokio::test(start_paused = true)]
async fn below_a_buffered_rate_limit_every_request_counts() {
    let service = ServiceBuilder::new()
        .buffer(1)
        .rate_limit(2, 10 * SECOND)
        .layer(layer())
        .service(service_fn(answer));
    let start = Instant::now();
    for token in [None, Some("bad"), Some(&*token())] {
        service.clone().oneshot(request(token)).await.unwrap();
    }
    assert_eq!(
        start.elapsed(),
        10 * SECOND,
        "rejected requests used up the quota"
    );
}

#[tokio::test(start_paused = true)]
async fn above_load_shedding_requests_without_a_token_get_401_and_callers_are_shed() {
    let service = ServiceBuilder::new()
        .layer(layer())
        .load_shed()
        .concurrency_limit(1)
        .service(service_fn(slow));
    let busy = tokio::spawn(service.clone().oneshot(request(Some(&token()))));
    tokio::task::yield_now().await;
    let anonymous = service.clone().oneshot(request(None)).await.unwrap();
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    let shed: BoxError = service
        .clone()
        .oneshot(request(Some(&token())))
        .await
        .unwrap_err();
    assert!(shed.is::<Overloaded>());
    assert_eq!(busy.await.unwrap().unwrap().body(), "test-subject");
    assert_eq!(
        service
            .oneshot(request(Some(&token())))
            .await
            .unwrap()
            .body(),
        "test-subject"
    );
}

#[tokio::test(start_paused = true)]
async fn below_load_shedding_every_request_is_shed_while_the_service_is_busy() {
    let held = Held::new();
    let service = ServiceBuilder::new()
        .load_shed()
        .layer(held.layer())
        .concurrency_limit(1)
        .service(service_fn(answer));
    let waiting = tokio::spawn(service.clone().oneshot(request(Some(&token()))));
    tokio::task::yield_now().await;
    let shed: BoxError = service.clone().oneshot(request(None)).await.unwrap_err();
    assert!(
        shed.is::<Overloaded>(),
        "a request that waits for keys holds the permit"
    );
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    let anonymous = service.oneshot(request(None)).await.unwrap();
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_below_bounds_the_service_and_not_the_wait_for_keys() {
    let held = Held::new();
    let service = ServiceBuilder::new()
        .layer(held.layer())
        .timeout(SECOND / 2)
        .service(service_fn(answer));
    let waiting = tokio::spawn(service.oneshot(request(Some(&token()))));
    sleep(5 * SECOND).await;
    held.release();
    assert_eq!(waiting.await.unwrap().unwrap().body(), "test-subject");

    let service = ServiceBuilder::new()
        .layer(layer())
        .timeout(SECOND / 2)
        .service(service_fn(slow));
    let late: BoxError = service.oneshot(request(Some(&token()))).await.unwrap_err();
    assert!(late.is::<Elapsed>());
}
