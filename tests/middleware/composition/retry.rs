//! The layer above and below `Retry`.

use std::convert::Infallible;
use std::future::{Ready, ready};

use http::{Request, Response, StatusCode};
use tower::retry::{Policy, RetryLayer};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::composition::watched::{Count, watched_layer};
use crate::support::system_clock::{layer, request, token};
use crate::support::tokio;

/// Retries on a server error, up to three attempts.
#[derive(Clone)]
struct Thrice(usize);

impl<E> Policy<Request<String>, Response<String>, E> for Thrice {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<String>,
        result: &mut Result<Response<String>, E>,
    ) -> Option<Ready<()>> {
        self.0 += 1;
        let failed = result
            .as_ref()
            .is_ok_and(|response| response.status().is_server_error());
        (failed && self.0 < 3).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<String>) -> Option<Request<String>> {
        Some(request.clone())
    }
}

/// Returns a service that fails twice and then succeeds.
fn flaky(
    calls: Count,
) -> impl Fn(Request<String>) -> Ready<Result<Response<String>, Infallible>> + Clone {
    move |_| {
        let mut response = Response::new("at last".to_owned());
        if calls.up() < 3 {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        }
        ready(Ok(response))
    }
}

#[tokio::test]
async fn above_retry_the_service_is_called_again_and_the_token_is_checked_once() {
    let (auth, look_ups) = watched_layer();
    let calls = Count::default();
    let service = ServiceBuilder::new()
        .layer(auth)
        .layer(RetryLayer::new(Thrice(0)))
        .concurrency_limit(1)
        .service(service_fn(flaky(calls.clone())));
    let response = service.oneshot(request(Some(&token()))).await.unwrap();
    assert_eq!(
        (response.body().as_str(), calls.get(), look_ups.get()),
        ("at last", 3, 1)
    );
}

#[tokio::test]
async fn below_retry_every_attempt_is_checked_and_a_rejection_is_not_retried() {
    let (auth, look_ups) = watched_layer();
    let calls = Count::default();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Thrice(0)))
        .layer(auth)
        .concurrency_limit(1)
        .service(service_fn(flaky(calls.clone())));
    let rejected = service.clone().oneshot(request(None)).await.unwrap();
    assert_eq!(
        (rejected.status(), calls.get()),
        (StatusCode::UNAUTHORIZED, 0)
    );
    let response = service.oneshot(request(Some(&token()))).await.unwrap();
    assert_eq!(
        (response.body().as_str(), calls.get(), look_ups.get()),
        ("at last", 3, 3)
    );
}

#[tokio::test]
async fn a_retry_that_gives_up_holds_no_permit() {
    let calls = Count::default();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Thrice(1)))
        .layer(layer())
        .concurrency_limit(1)
        .service(service_fn(flaky(calls.clone())));
    let given_up = service
        .clone()
        .oneshot(request(Some(&token())))
        .await
        .unwrap();
    assert_eq!(given_up.status(), StatusCode::BAD_GATEWAY);
    let response = service.oneshot(request(Some(&token()))).await.unwrap();
    assert_eq!((response.body().as_str(), calls.get()), ("at last", 3));
}
