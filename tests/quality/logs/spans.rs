//! The fields of spans.

use std::future::ready;

use tower_jwt_auth::{CheckContext, CheckOutcome, Claims, ErrorKind, JwtAuthLayer};
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::support::tokio;
use crate::support::{ask, bearer, builder, token};
use crate::{TURN, capture, text};

/// Sends a request within a span of its own. Returns the log.
async fn log_of(layer: &JwtAuthLayer, token: &str) -> String {
    let span = tracing::info_span!("request", "error.type" = Empty);
    let request = async {
        ask(layer, bearer(token)).await;
        tracing::info!("the response");
    };
    capture();
    request.instrument(span).await;
    text()
}

#[tokio::test]
async fn a_rejection_sets_the_type_of_the_error_of_the_current_span() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let log = log_of(&layer, &token().expired().sign()).await;
    let last = log.lines().last().unwrap();
    assert!(last.contains(r#"request{error.type="expired"}"#), "{log}");
    let log = log_of(&layer, &token().sign()).await;
    assert!(!log.contains("error.type"), "{log}");
    assert!(!log.contains("jwt_auth{"), "nothing was waited for: {log}");
}

#[tokio::test]
async fn a_request_that_waits_has_a_span_of_its_own_within_that_of_the_request() {
    let _turn = TURN.lock().await;
    let layer = builder()
        .check(|_: &Claims, _: &CheckContext<'_>| {
            tracing::info!("the check");
            CheckOutcome::pending(async {
                tracing::info!("the check goes on");
                ready(Err(ErrorKind::Revoked.into())).await
            })
        })
        .build()
        .unwrap();
    let log = log_of(&layer, &token().sign()).await;
    let line = |text| log.lines().find(|line| line.ends_with(text)).unwrap();
    let goes_on = line("the check goes on");
    let both = r#"request:jwt_auth{wait_for="check"}"#;
    assert!(goes_on.contains(both), "{log}");
    let rejected = log.lines().find(|line| line.contains("request rejected"));
    assert!(!rejected.unwrap().contains("jwt_auth{"), "{log}");
    let last = line("the response");
    assert!(last.contains(r#"request{error.type="revoked"}"#), "{log}");
}

#[tokio::test]
async fn a_missing_layer_is_logged_once_a_minute_for_each_claims_type() {
    struct One;
    struct Another;
    let _turn = TURN.lock().await;
    capture();
    let extensions = http::Extensions::new();
    for _ in 0..10 {
        assert!(Claims::<One>::from_extensions(&extensions).is_err());
        assert!(Claims::<Another>::from_extensions(&extensions).is_err());
    }
    let log = text();
    assert_eq!(log.matches("no JwtAuthLayer").count(), 2, "{log}");
}
