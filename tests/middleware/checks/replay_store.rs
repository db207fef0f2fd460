//! Single use, with a store that several layers share and that may wait.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::{ErrorKind, InsertOutcome, ReplayKey, ReplayStore};

use crate::checks::support::{builder, rejection, token};
use crate::support::tokio;

/// What a shared database would be.
#[derive(Clone, Default)]
struct Store {
    seen: Arc<Mutex<HashSet<(String, String)>>>,
    ttls: Arc<Mutex<Vec<Duration>>>,
    latency: Option<Duration>,
    is_down: bool,
}

impl ReplayStore for Store {
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome {
        assert!(
            !format!("{key:?}").contains(key.id()),
            "the id is not shown"
        );
        self.ttls.lock().unwrap().push(ttl);
        let (store, id) = (self.clone(), (key.owner().to_owned(), key.id().to_owned()));
        let insert = move || {
            if store.is_down {
                return Err("connection refused".into());
            }
            Ok(store.seen.lock().unwrap().insert(id))
        };
        match self.latency {
            None => InsertOutcome::Ready(insert()),
            Some(latency) => InsertOutcome::Pending(Box::pin(async move {
                sleep(latency).await;
                insert()
            })),
        }
    }
}

fn with_latency(seconds: u64) -> Store {
    Store {
        latency: Some(Duration::from_secs(seconds)),
        ..Store::default()
    }
}

#[tokio::test(start_paused = true)]
async fn layers_that_share_a_store_accept_a_token_once() {
    for store in [Store::default(), with_latency(1)] {
        let layers = [(); 2].map(|()| builder().replay_store(store.clone()).build().unwrap());
        for id in ["1", "2"] {
            let token = token().claim("jti", id).sign();
            assert!(rejection(&layers[0], &token).await.is_none());
            for layer in &layers {
                let error = rejection(layer, &token).await.unwrap();
                assert_eq!(error.kind(), ErrorKind::Replayed);
            }
        }
        let ids = store.seen.lock().unwrap().clone();
        assert!(ids.contains(&("https://issuer.example".to_owned(), "1".to_owned())));
    }
}

#[tokio::test(start_paused = true)]
async fn of_concurrent_requests_with_one_token_one_is_accepted() {
    let layer = builder().replay_store(with_latency(1)).build().unwrap();
    let token = token().claim("jti", "1").sign();
    let requests = (0..20).map(|_| rejection(&layer, &token));
    let rejected = futures::future::join_all(requests).await;
    assert_eq!(rejected.iter().flatten().count(), 19);
}

#[tokio::test(start_paused = true)]
async fn an_id_is_stored_until_five_minutes_and_the_longest_leeway_after_its_token_expires() {
    let store = Store::default();
    let layer = builder().replay_store(store.clone()).build().unwrap();
    let lifetime = Duration::from_secs(600);
    let token = token().claim("jti", "1").expires_in(lifetime).sign();
    assert!(rejection(&layer, &token).await.is_none());
    let ttl = store.ttls.lock().unwrap()[0];
    let longest = lifetime + Duration::from_secs(60 * 60 + 300);
    assert!(
        ttl <= longest && ttl + Duration::from_secs(30) > longest,
        "{ttl:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_does_not_answer_leads_to_503() {
    let down = |latency| Store {
        is_down: true,
        ..with_latency(latency)
    };
    let at_once = Store {
        latency: None,
        ..down(0)
    };
    for (store, has_cause) in [(at_once, true), (down(1), true), (with_latency(4), false)] {
        let layer = builder().replay_store(store).build().unwrap();
        let error = rejection(&layer, &token().claim("jti", "1").sign())
            .await
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::CheckUnavailable);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
        assert_eq!(std::error::Error::source(&error).is_some(), has_cause);
    }
}

#[tokio::test]
async fn a_token_without_an_id_is_rejected_and_not_stored() {
    let store = Store::default();
    let layer = builder().replay_store(store.clone()).build().unwrap();
    let error = rejection(&layer, &token().without_claim("jti").sign())
        .await
        .unwrap();
    assert_eq!(
        (error.kind(), error.claim()),
        (ErrorKind::MissingClaim, Some("jti"))
    );
    assert!(store.seen.lock().unwrap().is_empty());
}

#[test]
fn a_store_beside_reject_replays_is_a_contradiction() {
    let both = builder().reject_replays(10).replay_store(Store::default());
    let error = both.build().unwrap_err();
    let expected = "reject_replays and replay_store exclude each other: remove one";
    assert_eq!(error.to_string(), expected);
}
