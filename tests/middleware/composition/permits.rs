//! Permits of a shared `ConcurrencyLimit` are released, however a request ends.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use tokio::sync::Semaphore;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::timeout::error::Elapsed;
use tower::{Service as _, ServiceBuilder, ServiceExt as _, service_fn};

use crate::composition::watched::answer;
use crate::support::Held;
use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;

fn permits(number: usize) -> (Arc<Semaphore>, GlobalConcurrencyLimitLayer) {
    let permits = Arc::new(Semaphore::new(number));
    (
        permits.clone(),
        GlobalConcurrencyLimitLayer::with_semaphore(permits),
    )
}

#[tokio::test]
async fn a_rejection_that_is_never_polled_holds_no_permit() {
    let (permits, limit) = permits(1);
    let mut service = ServiceBuilder::new()
        .layer(layer())
        .layer(limit)
        .service(service_fn(answer));
    let services: Vec<_> = (0..5).map(|_| service.clone()).collect();
    let mut futures = Vec::new();
    for mut service in services {
        futures.push(service.ready().await.unwrap().call(request(None)));
        assert_eq!(permits.available_permits(), 1);
    }
    let response = service
        .ready()
        .await
        .unwrap()
        .call(request(Some(&token())))
        .await
        .unwrap();
    assert_eq!(response.body(), "test-subject");
    drop(futures);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_times_out_while_it_waits_for_keys_releases_its_permit() {
    let held = Held::new();
    let (permits, limit) = permits(1);
    let second = Duration::from_secs(1);
    let service = ServiceBuilder::new()
        .timeout(second)
        .layer(held.layer())
        .layer(limit)
        .service(service_fn(answer));
    for _ in 0..3 {
        let outcome = service.clone().oneshot(request(Some(&token()))).await;
        assert!(outcome.unwrap_err().is::<Elapsed>());
        assert_eq!(permits.available_permits(), 1);
    }
    held.release();
    assert_eq!(
        service
            .oneshot(request(Some(&token())))
            .await
            .unwrap()
            .body(),
        "test-subject"
    );
    assert_eq!(permits.available_permits(), 1);
}

#[tokio::test]
async fn when_some_requests_that_wait_for_keys_are_dropped_the_others_are_answered() {
    let held = Held::new();
    let (permits, limit) = permits(3);
    let service = ServiceBuilder::new()
        .layer(held.layer())
        .layer(limit)
        .service(service_fn(answer));
    let mut waiting: Vec<_> = (0..60)
        .map(|_| tokio::spawn(service.clone().oneshot(request(Some(&token())))))
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(
        permits.available_permits(),
        0,
        "three wait for keys, the others for a permit"
    );
    for at in (0..60).rev().step_by(2) {
        let dropped = waiting.remove(at);
        dropped.abort();
        assert!(dropped.await.unwrap_err().is_cancelled());
    }
    held.release();
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap().body(), "test-subject");
    }
    assert_eq!(permits.available_permits(), 3);
}

#[tokio::test]
async fn rejected_requests_do_not_starve_accepted_ones_of_permits() {
    let (permits, limit) = permits(1);
    let service = ServiceBuilder::new()
        .layer(layer())
        .layer(limit)
        .service(service_fn(answer));
    let tokens = [None, Some("bad".to_owned()), Some(token())];
    let tasks: Vec<_> = (0..90)
        .map(|number| {
            tokio::spawn(
                service
                    .clone()
                    .oneshot(request(tokens[number % 3].as_deref())),
            )
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        let status = task.await.unwrap().unwrap().status();
        assert_eq!(
            status,
            if number % 3 == 2 {
                StatusCode::OK
            } else {
                StatusCode::UNAUTHORIZED
            }
        );
    }
    assert_eq!(permits.available_permits(), 1);
}

#[tokio::test]
async fn a_request_dropped_between_two_limits_releases_both_permits() {
    let held = Held::new();
    let ((above, outer), (below, inner)) = (permits(2), permits(1));
    let service = ServiceBuilder::new()
        .layer(outer)
        .layer(held.layer())
        .layer(inner)
        .service(service_fn(answer));
    let waiting = tokio::spawn(service.clone().oneshot(request(Some(&token()))));
    tokio::task::yield_now().await;
    assert_eq!(
        (above.available_permits(), below.available_permits()),
        (1, 0)
    );
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(
        (above.available_permits(), below.available_permits()),
        (2, 1)
    );
}

#[tokio::test]
async fn under_axum_a_request_that_waits_for_keys_holds_no_permit_of_a_limit_below() {
    let held = Held::new();
    let (permits, limit) = permits(1);
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(limit)
        .layer(held.layer());
    let bearing = Request::get("/")
        .header("authorization", format!("Bearer {}", token()))
        .body(Body::empty());
    let waiting = tokio::spawn(app.oneshot(bearing.unwrap()));
    tokio::task::yield_now().await;
    assert_eq!(permits.available_permits(), 1);
    held.release();
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(permits.available_permits(), 1);
}
