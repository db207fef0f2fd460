//! Checks that wait: their time limit, an outage, and cancelled requests.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep};
use tower_jwt_auth::{CheckContext, CheckOutcome, Claims, Error, ErrorClass, ErrorKind};

use crate::checks::support::{bearing, builder, rejection, send, token};
use crate::support::block_on;
use crate::support::tokio;

#[tokio::test(start_paused = true)]
async fn a_check_that_does_not_answer_leads_to_503_after_its_time_limit() {
    for (limit, setter) in [(3, None), (20, Some(Duration::from_secs(20)))] {
        let mut builder = builder().check_fn(|_, _| CheckOutcome::pending(pending()));
        if let Some(timeout) = setter {
            builder = builder.check_timeout(timeout);
        }
        let layer = builder.build().unwrap();
        let start = Instant::now();
        let (response, seen) = send(&layer, bearing(&token().sign())).await;
        assert_eq!(start.elapsed(), Duration::from_secs(limit));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
        assert!(!response.headers().contains_key("www-authenticate"));
        let error: &Error = response.extensions().get().unwrap();
        assert_eq!(error.kind(), ErrorKind::CheckUnavailable);
        assert!(seen.is_none(), "the inner service was not called");
    }
}

#[tokio::test(start_paused = true)]
async fn each_check_has_its_own_time_limit() {
    fn wait(_: &Claims, _: &CheckContext<'_>) -> CheckOutcome {
        CheckOutcome::pending(async {
            sleep(Duration::from_secs(2)).await;
            Ok(())
        })
    }
    let layer = builder().check(wait).check(wait).build().unwrap();
    let start = Instant::now();
    assert!(rejection(&layer, &token().sign()).await.is_none());
    assert_eq!(start.elapsed(), Duration::from_secs(4));
}

#[tokio::test]
async fn an_error_of_a_check_may_be_an_outage_with_its_cause() {
    let down = Error::custom(ErrorClass::Unavailable, "no_database", "try again later").unwrap();
    let layer = builder()
        .check_fn(move |_, _| {
            let down = down.clone();
            CheckOutcome::pending(async move { Err(down.with_source("connection refused")) })
        })
        .build()
        .unwrap();
    let (response, _) = send(&layer, bearing(&token().sign())).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");
    let error: &Error = response.extensions().get().unwrap();
    let source = std::error::Error::source(error).unwrap();
    assert_eq!(source.to_string(), "connection refused");
    assert_eq!(error.to_string(), "try again later");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_drops_its_check() {
    struct Count(Arc<AtomicUsize>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dropped);
    let layer = builder()
        .check_fn(move |_, _| {
            let count = Count(Arc::clone(&counter));
            CheckOutcome::pending(async move {
                pending::<()>().await;
                drop(count);
                Ok(())
            })
        })
        .build()
        .unwrap();
    let token = token().sign();
    let request = tokio::spawn(async move { rejection(&layer, &token).await });
    sleep(Duration::from_secs(1)).await;
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

#[test]
fn outside_a_tokio_runtime_a_check_has_no_time_limit() {
    let layer = builder()
        .check_fn(|_, _| CheckOutcome::pending(async { Ok(()) }))
        .build()
        .unwrap();
    let error = block_on(rejection(&layer, &token().sign()));
    assert!(error.is_none());
}

#[test]
fn a_check_that_is_ready_at_once_needs_no_timer() {
    let layer = builder()
        .check_fn(|_, _| CheckOutcome::pending(async { Ok(()) }))
        .build()
        .unwrap();
    let without_timer = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let error = without_timer.block_on(rejection(&layer, &token().sign()));
    assert!(error.is_none());
}

#[test]
fn a_time_limit_of_zero_is_rejected() {
    let error = builder().check_timeout(Duration::ZERO).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "check_timeout is 0ns: must be more than zero"
    );
}
