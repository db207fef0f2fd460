//! The log events of a store of used tokens and proofs without space.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{
    InsertOutcome, Issuer, JwtAuthLayer, ReplayKey, ReplayStore, ReplayStoreFuture,
};

use crate::support::dpop::{bound, client, dpop, layer_with, presented, proof};
use crate::support::system_clock::request;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, ask, default_key, public_key};
use crate::{TURN, capture, text};

#[tokio::test(start_paused = true)]
async fn a_full_store_of_used_tokens_is_logged_once_a_minute_and_without_an_id() {
    let _turn = TURN.lock().await;
    capture();
    let layer = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .reject_replays(2)
        .build()
        .unwrap();
    for id in 0..8 {
        if id == 6 {
            tokio::time::advance(Duration::from_secs(61)).await;
        }
        let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
        let token = token.claim("jti", format!("telltale-{id}")).sign();
        let inner = service_fn(|_: Request<String>| async {
            Ok::<_, Infallible>(Response::new(String::new()))
        });
        let _ = layer.layer(inner).oneshot(request(Some(&token))).await;
    }
    let text = text();
    let full = "the store of used tokens and proofs is full of entries that have not expired";
    let events = text.matches(full);
    assert_eq!(events.count(), 2, "{text}");
    assert!(
        text.contains("WARN") && text.contains("max_entries"),
        "{text}"
    );
    assert!(!text.contains("telltale"), "{text}");
}

/// One client that repeats its requests is another cause than a store that is too small for all.
#[tokio::test(start_paused = true)]
async fn a_key_that_has_used_up_its_share_is_logged_as_that_and_without_its_thumbprint() {
    let _turn = TURN.lock().await;
    capture();
    let layer = layer_with(dpop().max_replay_entries(32));
    let token = bound();
    let share = "proofs of one key have a sixteenth of the store of used proofs";
    for id in 0..18 {
        let proof = proof(&token).claim("jti", format!("telltale-{id}"));
        ask(&layer, presented(&token, &proof.sign())).await;
        assert_eq!(text().matches(share).count(), usize::from(id >= 16), "{id}");
    }
    let text = text();
    assert!(
        text.contains("WARN") && text.contains("max_entries"),
        "{text}"
    );
    for absent in ["is full", "telltale", &client().thumbprint()] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

struct NotReady;

impl ReplayStore for NotReady {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Ready(Ok(true))
    }

    fn prepare(&self) -> ReplayStoreFuture {
        Box::pin(async { Err("the database is not there".into()) })
    }
}

#[tokio::test]
async fn a_store_that_is_not_ready_is_logged_with_the_cause() {
    let _turn = TURN.lock().await;
    let layer = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .replay_store(NotReady)
        .build()
        .unwrap();
    capture();
    layer.authenticator().prefetch().await.unwrap();
    let text = text();
    for part in ["WARN", "is not ready", "the database is not there"] {
        assert!(text.contains(part), "{text}");
    }
}
