//! Single use, with a store that several layers share and that may wait.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::{Dpop, ErrorKind, InsertOutcome, ReplayKey, ReplayStore, ReplayStoreFuture};

use crate::checks::support::{builder, rejection, token};
use crate::support::tokio;

const TIMEOUT: Duration = Duration::from_millis(100);

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

/// A store with a time limit of its own, and what is asked of it before the first request.
#[derive(Clone)]
struct Limited {
    timeout: Duration,
    preparation: Result<Duration, &'static str>,
    prepared: Arc<AtomicUsize>,
}

impl Limited {
    fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            preparation: Ok(Duration::ZERO),
            prepared: Arc::default(),
        }
    }
}

impl ReplayStore for Limited {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Ready(Ok(true))
    }

    fn timeout(&self) -> Option<Duration> {
        Some(self.timeout)
    }

    fn prepare(&self) -> ReplayStoreFuture {
        let this = self.clone();
        Box::pin(async move {
            sleep(this.preparation?).await;
            this.prepared.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    }
}

#[test]
fn a_store_whose_time_limit_is_not_below_check_timeout_is_rejected() {
    let second = Duration::from_secs(1);
    for (timeout, is_allowed) in [(second / 2, true), (second, false), (second * 2, false)] {
        let store = Arc::new(Limited::new(timeout));
        let dpop = Dpop::optional().replay_store(Arc::clone(&store));
        for builder in [builder().replay_store(store), builder().dpop(dpop)] {
            let built = builder.check_timeout(second).build();
            let expected = format!(
                "check_timeout is 1s: must be longer than the timeout of replay_store, {timeout:?}"
            );
            match built {
                Ok(_) => assert!(is_allowed, "{timeout:?}"),
                Err(error) => assert_eq!((error.to_string(), is_allowed), (expected, false)),
            }
        }
    }
    // That of checks is 3 s by default.
    let store = Limited::new(second * 2);
    assert!(builder().replay_store(store).build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn stores_prepare_when_keys_are_prefetched() {
    let (tokens, proofs) = (Limited::new(TIMEOUT), Limited::new(TIMEOUT));
    let dpop = Dpop::optional().replay_store(proofs.clone());
    let builder = builder().replay_store(tokens.clone()).dpop(dpop);
    let layer = builder.build().unwrap();
    assert_eq!(tokens.prepared.load(Ordering::Relaxed), 0);
    layer.authenticator().prefetch().await.unwrap();
    for store in [tokens, proofs] {
        assert_eq!(store.prepared.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_not_ready_is_waited_for_no_longer_than_5_s_and_is_no_error() {
    for (preparation, waits) in [(Err("no"), 0), (Ok(Duration::from_secs(60)), 5)] {
        let store = Limited {
            preparation,
            ..Limited::new(TIMEOUT)
        };
        let layer = builder().replay_store(store.clone()).build().unwrap();
        let start = tokio::time::Instant::now();
        layer.authenticator().prefetch().await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(waits));
        assert_eq!(store.prepared.load(Ordering::Relaxed), 0);
    }
}
