//! How often the layer clones the inner service.

use http::StatusCode;
use tower::{Layer as _, Service as _, ServiceExt as _};
use tower_jwt_auth::{Claims, RequestParts, RequireLayer};

use crate::composition::watched::Costly;
use crate::support::Held;
use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;

#[tokio::test]
async fn an_accepted_request_clones_nothing_when_the_keys_are_cached() {
    let inner = Costly::default();
    let (clones, calls) = (inner.clones.clone(), inner.calls.clone());
    let any = RequireLayer::from_fn(|_: &Claims, _: &RequestParts<'_>| true);
    let mut service = layer().layer(any.layer(inner));
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
    assert_eq!((clones.get(), calls.get()), (0, 10));
}

#[tokio::test]
async fn a_rejected_request_costs_one_clone_and_no_call() {
    let inner = Costly::default();
    let (clones, calls) = (inner.clones.clone(), inner.calls.clone());
    let mut service = layer().layer(inner);
    for rejected in 1..=10 {
        let response = service
            .ready()
            .await
            .unwrap()
            .call(request(None))
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!((clones.get(), calls.get()), (rejected, 0));
    }
}

#[tokio::test]
async fn a_request_that_waits_for_keys_costs_one_clone_however_long_it_waits() {
    let held = Held::new();
    let inner = Costly::default();
    let (clones, calls) = (inner.clones.clone(), inner.calls.clone());
    let mut service = held.layer().layer(inner);
    let waiting = tokio::spawn(service.ready().await.unwrap().call(request(Some(&token()))));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!((clones.get(), calls.get()), (1, 0));
    held.release();
    assert_eq!(waiting.await.unwrap().unwrap().body(), "test-subject");
    assert_eq!((clones.get(), calls.get()), (1, 1));
}
