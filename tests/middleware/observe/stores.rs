//! Stores of used tokens.

use std::error::Error as StdError;
use std::future::pending;
use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::{
    InsertOutcome, InsertResponse, JwtAuthLayer, MemoryReplayStore, ReplayKey, ReplayStore,
    StoreFailure,
};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{ISSUER, ask, bearer, builder, token};

/// What a store does after 20 ms.
#[derive(Clone, Copy)]
enum Act {
    Insert(bool),
    Fail(StoreFailure),
    FallBack(bool),
    Hang,
}

#[derive(Debug)]
struct Failed(StoreFailure);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl StdError for Failed {}

impl ReplayStore for Act {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        let act = *self;
        if let Self::FallBack(is_new) = act {
            return InsertOutcome::PendingWithFallback(Box::pin(async move {
                sleep(Duration::from_millis(20)).await;
                Ok(InsertResponse::Fallback(is_new))
            }));
        }
        InsertOutcome::Pending(Box::pin(async move {
            sleep(Duration::from_millis(20)).await;
            match act {
                Self::Insert(is_new) => Ok(is_new),
                Self::Fail(failure) => Err(Failed(failure).into()),
                Self::Hang | Self::FallBack(_) => pending().await,
            }
        }))
    }

    fn failure(&self, error: &(dyn StdError + Send + Sync + 'static)) -> StoreFailure {
        error.downcast_ref::<Failed>().unwrap().0
    }
}

fn layer(recorder: &Recorder, store: impl ReplayStore) -> JwtAuthLayer {
    let builder = builder().replay_store(store);
    let builder = builder.check_timeout(Duration::from_secs(1));
    builder.add_observer(recorder.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_told_with_its_result_and_its_time() {
    let cases = [
        (Act::Insert(true), "ok Some(20)", "accepted none"),
        (Act::Insert(false), "seen Some(20)", "rejected replayed"),
        (
            Act::Fail(StoreFailure::Failed),
            "error Some(20)",
            "rejected check_unavailable",
        ),
        (
            Act::Fail(StoreFailure::Skipped),
            "skipped Some(20)",
            "rejected check_unavailable",
        ),
        (
            Act::Fail(StoreFailure::TimedOut),
            "timeout Some(20)",
            "rejected check_unavailable",
        ),
        (Act::FallBack(true), "fallback Some(20)", "accepted none"),
        (
            Act::FallBack(false),
            "fallback Some(20)",
            "rejected replayed",
        ),
        (
            Act::Hang,
            "timeout Some(1000)",
            "rejected check_unavailable",
        ),
    ];
    for (act, result, outcome) in cases {
        let recorder = Recorder::default();
        let layer = layer(&recorder, act);
        ask(&layer, bearer(&token().claim("jti", "1").sign())).await;
        let told = recorder.take();
        assert_eq!(told[0], format!("store tokens insert {result}"));
        let millis = result.rsplit(['(', ')']).nth(1).unwrap();
        assert_eq!(told[1], format!("wait store {ISSUER:?} {millis} ms"));
        assert_eq!(
            *told.last().unwrap(),
            format!("request {outcome} bearer {ISSUER:?}")
        );
        let is_replay = told.contains(&"replay Token".to_owned());
        assert_eq!(is_replay, outcome.ends_with("replayed"), "{told:?}");
    }
}

#[tokio::test]
async fn in_memory_nothing_is_waited_for_and_no_time_is_measured() {
    let recorder = Recorder::default();
    let layer = layer(&recorder, MemoryReplayStore::new(10).unwrap());
    let token = token().claim("jti", "1").sign();
    ask(&layer, bearer(&token)).await;
    ask(&layer, bearer(&token)).await;
    assert_eq!(
        recorder.take(),
        [
            "store tokens insert ok None".to_owned(),
            format!("request accepted none bearer {ISSUER:?}"),
            "store tokens insert seen None".to_owned(),
            "replay Token".to_owned(),
            format!("request rejected replayed bearer {ISSUER:?}"),
        ]
    );
    let health = layer.authenticator().replay_health();
    assert_eq!(
        (health.token_entries, health.proof_entries),
        (Some(1), None)
    );
}

/// A store whose future is ready at once.
struct Ready;

impl ReplayStore for Ready {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Pending(Box::pin(async { Ok(true) }))
    }
}

#[test]
fn a_store_that_answers_at_once_needs_no_timer_of_the_runtime() {
    let recorder = Recorder::default();
    let layer = layer(&recorder, Ready);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let token = token().claim("jti", "1").sign();
    runtime.block_on(ask(&layer, bearer(&token)));
    assert_eq!(recorder.take_only("store"), ["store tokens insert ok None"]);
}
