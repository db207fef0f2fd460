//! A logout token is used once (§2.6, step 8).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use tower_jwt_auth::{InsertOutcome, MemoryReplayStore, ReplayKey, ReplayStore};

use super::support::{logout_token, of, setup};
use crate::support::builder;
use crate::support::tokio;

#[tokio::test]
async fn a_token_is_accepted_once() {
    let setup = setup();
    let token = logout_token().sign();
    setup.log_out(&token).await.expect_logged_out();
    let entries = setup.list.len();
    let description = "the logout token was used before";
    let again = setup.log_out(&token).await;
    again.expect_error(StatusCode::BAD_REQUEST, "invalid_request", description);
    assert_eq!(setup.list.len(), entries);
    let other = logout_token().sign();
    setup.log_out(&other).await.expect_logged_out();
}

#[tokio::test]
async fn a_token_that_is_rejected_does_not_use_up_its_id() {
    let setup = setup();
    let rejected = logout_token().claim("jti", "1").without_claim("events");
    let answer = setup.log_out(&rejected.sign()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let valid = logout_token().claim("jti", "1").sign();
    setup.log_out(&valid).await.expect_logged_out();
}

#[tokio::test]
async fn endpoints_share_a_store() {
    let store = MemoryReplayStore::new(10).unwrap();
    let endpoints = [(); 2].map(|()| {
        let mut setup = setup();
        setup.endpoint = setup.endpoint.replay_store(store.clone()).unwrap();
        setup
    });
    let token = logout_token().sign();
    endpoints[0].log_out(&token).await.expect_logged_out();
    let again = endpoints[1].log_out(&token).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
}

/// A store that fails until it is told to work.
#[derive(Clone)]
struct Unsteady(Arc<AtomicBool>);

impl ReplayStore for Unsteady {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        let works = self.0.load(Ordering::Relaxed);
        InsertOutcome::Pending(Box::pin(async move {
            if works {
                Ok(true)
            } else {
                Err("telltale".into())
            }
        }))
    }
}

#[tokio::test]
async fn an_outage_of_the_store_leads_to_503_and_the_session_has_ended() {
    let works = Arc::new(AtomicBool::new(false));
    let mut setup = of(builder());
    setup.endpoint = setup
        .endpoint
        .replay_store(Unsteady(Arc::clone(&works)))
        .unwrap();
    let token = logout_token().sign();
    let answer = setup.log_out(&token).await;
    let description = "a check of the logout token is temporarily unavailable";
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    answer.expect_error(unavailable, "temporarily_unavailable", description);
    assert_eq!(answer.headers["retry-after"], "1");
    assert!(!setup.list.is_empty());
    works.store(true, Ordering::Relaxed);
    setup.log_out(&token).await.expect_logged_out();
}

/// A store that never answers.
struct Hanging;

impl ReplayStore for Hanging {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Pending(Box::pin(std::future::pending()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_waited_for_no_longer_than_check_timeout() {
    let mut setup = of(builder().check_timeout(Duration::from_secs(1)));
    setup.endpoint = setup.endpoint.replay_store(Hanging).unwrap();
    let start = tokio::time::Instant::now();
    let answer = setup.log_out(&logout_token().sign()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(start.elapsed() < Duration::from_millis(1100));
}

/// A store that gives up by itself, after as long as the layer would.
struct Slow;

impl ReplayStore for Slow {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Ready(Ok(true))
    }

    fn timeout(&self) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }
}

#[test]
fn a_store_that_may_take_as_long_as_check_timeout_is_a_contradiction() {
    let setup = of(builder().check_timeout(Duration::from_secs(1)));
    let error = setup.endpoint.replay_store(Slow).unwrap_err();
    let expected = "check_timeout is 1s: must be longer than the timeout of replay_store, 1s";
    assert_eq!(error.to_string(), expected);
    assert!(of(builder()).endpoint.replay_store(Slow).is_ok());
}
