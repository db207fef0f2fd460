//! Observers that panic at everything.

use std::time::Duration;

use tower_jwt_auth::{
    DpopEvent, InsertOutcome, IntrospectionEvent, IntrospectionSentEvent, IssuerKeysEvent, Observe,
    ReplayEvent, ReplayKey, ReplayStore, RequestEvent, RequirementEvent, StoreEvent,
    TokenCacheEvent, TokenCacheSettings, WaitEvent,
};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{ask, bearer, builder, token};

struct Panics;

/// Panics once more when it is dropped, as what is thrown.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("the payload's own bug");
    }
}

fn bug() {
    std::panic::panic_any(Payload);
}

impl Observe for Panics {
    fn request(&self, _: &RequestEvent<'_>) {
        bug();
    }

    fn requirement_rejected(&self, _: &RequirementEvent<'_>) {
        bug();
    }

    fn waited(&self, _: &WaitEvent<'_>) {
        bug();
    }

    fn keys_event(&self, _: &IssuerKeysEvent<'_>) {
        bug();
    }

    fn issuer_removed(&self, _: &str) {
        bug();
    }

    fn token_cache(&self, _: TokenCacheEvent) {
        bug();
    }

    fn introspected(&self, _: &IntrospectionEvent<'_>) {
        bug();
    }

    fn introspection_sent(&self, _: &IntrospectionSentEvent<'_>) {
        bug();
    }

    fn store_operation(&self, _: &StoreEvent<'_>) {
        bug();
    }

    fn dpop_rejected(&self, _: &DpopEvent<'_>) {
        bug();
    }

    fn dpop_nonce_issued(&self) {
        bug();
    }

    fn replay_rejected(&self, _: &ReplayEvent<'_>) {
        bug();
    }
}

/// A store whose tokens were all used before, which it finds out in 20 ms.
struct Used;

impl ReplayStore for Used {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Pending(Box::pin(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(false)
        }))
    }
}

/// Returns the statuses of some requests, and what an observer is told of them.
async fn course(observer: Option<Panics>) -> (Vec<u16>, Vec<String>) {
    let recorder = Recorder::default();
    let mut statuses = Vec::new();
    for is_replay in [false, true] {
        let mut builder = builder().token_cache(TokenCacheSettings::default());
        if observer.is_some() {
            builder = builder.add_observer(Panics);
        }
        if is_replay {
            builder = builder.replay_store(Used);
        }
        let layer = builder.add_observer(recorder.clone()).build().unwrap();
        let valid = token().claim("jti", "1").sign();
        for token in [&*valid, &*valid, &*token().expired().sign(), "garbage"] {
            statuses.push(ask(&layer, bearer(token)).await.status.as_u16());
        }
        assert!(layer.issuers().remove(crate::support::ISSUER));
    }
    (statuses, recorder.take())
}

#[tokio::test(start_paused = true)]
async fn a_panic_changes_no_response_and_hides_nothing_from_other_observers() {
    let (statuses, told) = course(None).await;
    assert_eq!(statuses, [200, 200, 401, 401, 401, 401, 401, 401]);
    let kinds = [
        "request",
        "token_cache",
        "store",
        "wait",
        "replay",
        "removed",
    ];
    for kind in kinds {
        let is_told = |line: &String| line.split(' ').next() == Some(kind);
        assert!(told.iter().any(is_told), "{kind}: {told:?}");
    }
    assert_eq!(course(Some(Panics)).await, (statuses, told));
}
