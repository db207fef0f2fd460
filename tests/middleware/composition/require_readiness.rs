//! Readiness of the service below `RequireLayer`.

use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::timeout;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer as _, Service as _, ServiceBuilder, ServiceExt as _, service_fn};
use tower_jwt_auth::{JsonClaims, RequireLayer};
use tower_test::mock;

use crate::composition::watched::{Costly, answer};
use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;
use crate::support::{AUDIENCE, Held, ISSUER, default_key};

fn read() -> RequireLayer<JsonClaims> {
    RequireLayer::all_scopes(["read"]).unwrap()
}

fn reader() -> String {
    default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .scope("read")
        .sign()
}

#[tokio::test]
async fn the_service_that_was_polled_ready_is_called_even_after_rejections() {
    let inner = Costly::default();
    let (clones, calls) = (inner.clones.clone(), inner.calls.clone());
    let mut service = ServiceBuilder::new()
        .layer(layer())
        .layer(read())
        .service(inner);
    for called in 1..=3 {
        let rejected = service
            .ready()
            .await
            .unwrap()
            .call(request(Some(&token())))
            .await
            .unwrap();
        assert_eq!(rejected.status(), StatusCode::FORBIDDEN);
        let response = service
            .ready()
            .await
            .unwrap()
            .call(request(Some(&reader())))
            .await
            .unwrap();
        assert_eq!(
            (response.body().as_str(), calls.get(), clones.get()),
            ("test-subject", called, called)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_releases_its_permit_at_once() {
    let limit = ConcurrencyLimitLayer::new(1);
    let mut service = ServiceBuilder::new()
        .layer(layer())
        .layer(read())
        .layer(limit)
        .service(service_fn(answer));
    let pending = service.ready().await.unwrap().call(request(Some(&token())));
    let response = timeout(
        Duration::from_secs(1),
        service.clone().oneshot(request(Some(&reader()))),
    )
    .await;
    assert_eq!(
        response.expect("there is a permit").unwrap().body(),
        "test-subject"
    );
    assert_eq!(pending.await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test(start_paused = true)]
async fn the_layer_is_not_ready_while_the_service_is_not() {
    let (service, mut handle) = mock::pair::<Request<String>, Response<String>>();
    let mut service = layer().layer(read().layer(service));
    handle.allow(0);
    assert!(
        timeout(Duration::from_secs(1), service.ready())
            .await
            .is_err()
    );
    handle.send_error("broken");
    assert_eq!(service.ready().await.unwrap_err().to_string(), "broken");
}

#[tokio::test]
async fn scopes_are_checked_once_the_keys_are_available() {
    let held = Held::new();
    let limit = ConcurrencyLimitLayer::new(2);
    let service = ServiceBuilder::new()
        .layer(held.layer())
        .layer(read())
        .layer(limit)
        .service(service_fn(answer));
    let without_scope = tokio::spawn(service.clone().oneshot(request(Some(&token()))));
    let with_scope = tokio::spawn(service.clone().oneshot(request(Some(&reader()))));
    tokio::task::yield_now().await;
    held.release();
    assert_eq!(
        without_scope.await.unwrap().unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(with_scope.await.unwrap().unwrap().body(), "test-subject");
}
