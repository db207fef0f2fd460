//! Single use, with the store in memory.

use std::time::Duration;

use allocation_counter::measure;
use tokio::time::{advance, timeout};
use tower_jwt_auth::{
    ConfigErrorKind, Error, ErrorClass, ErrorKind, JwtAuthLayer, MemoryReplayStore, ReplayStore,
    WhenFull,
};

use crate::checks::support::{builder, rejection, token};
use crate::support::tokio;

fn store(max_entries: u64) -> MemoryReplayStore {
    MemoryReplayStore::new(max_entries).unwrap()
}

fn layer(store: impl ReplayStore) -> JwtAuthLayer {
    builder().replay_store(store).build().unwrap()
}

/// Returns tokens with different ids.
fn tokens(count: usize) -> Vec<String> {
    let token = |id: usize| token().claim("jti", id.to_string()).sign();
    (0..count).map(token).collect()
}

/// Sends the tokens, one after the other. Returns the kinds of their rejections.
async fn rejections(layer: &JwtAuthLayer, tokens: &[String]) -> Vec<Option<ErrorKind>> {
    let mut kinds = Vec::new();
    for token in tokens {
        let rejected = rejection(layer, token).await;
        kinds.push(rejected.as_ref().map(Error::kind));
    }
    kinds
}

fn all_are(kinds: &[Option<ErrorKind>], expected: Option<ErrorKind>) -> bool {
    kinds.iter().all(|kind| *kind == expected)
}

#[tokio::test]
async fn a_used_token_is_rejected_however_many_others_were_sent_since() {
    let layer = builder().reject_replays(100).build().unwrap();
    let tokens = tokens(300);
    let first = rejections(&layer, &tokens).await;
    assert!(all_are(&first[..100], None));
    assert!(all_are(&first[100..], Some(ErrorKind::CheckUnavailable)));
    let again = rejections(&layer, &tokens[..100]).await;
    assert!(all_are(&again, Some(ErrorKind::Replayed)), "{again:?}");
}

#[tokio::test]
async fn a_full_store_leads_to_503_with_a_cause_and_a_time_to_retry() {
    let layer = builder().reject_replays(1).build().unwrap();
    let [used, new] = &tokens(2)[..] else {
        panic!("two tokens")
    };
    assert!(rejection(&layer, used).await.is_none());
    let error = rejection(&layer, new).await.unwrap();
    assert_eq!(error.class(), ErrorClass::Unavailable);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the store of used tokens is full");
}

#[tokio::test(start_paused = true)]
async fn a_full_store_has_space_again_when_its_tokens_have_expired_and_their_margin_is_over() {
    let token = |id: &str, seconds| {
        let lifetime = Duration::from_secs(seconds);
        token().claim("jti", id).expires_in(lifetime).sign()
    };
    let layer = layer(store(20));
    for id in 0..20 {
        let token = token(&id.to_string(), 600);
        assert!(rejection(&layer, &token).await.is_none());
    }
    let new = [token("a", 9000), token("b", 9000)];
    // The longest leeway that a layer with this store can have is an hour.
    advance(Duration::from_secs(600 + 60 * 60 + 300 - 10)).await;
    let early = rejections(&layer, &new).await;
    assert!(all_are(&early, Some(ErrorKind::CheckUnavailable)));
    advance(Duration::from_secs(30)).await;
    assert!(all_are(&rejections(&layer, &new).await, None));
}

#[tokio::test(start_paused = true)]
async fn expired_entries_are_removed_as_new_ones_are_added() {
    let store = store(1000);
    let layer = layer(store.clone());
    let tokens = tokens(200);
    assert!(all_are(&rejections(&layer, &tokens[..100]).await, None));
    assert_eq!(store.len(), 100);
    assert!(!store.is_empty());
    advance(Duration::from_secs(24 * 60 * 60)).await;
    assert!(all_are(&rejections(&layer, &tokens[100..]).await, None));
    assert_eq!(store.len(), 100);
}

#[tokio::test]
async fn a_store_that_evicts_forgets_only_the_entry_that_expires_first() {
    let layer = layer(store(2).when_full(WhenFull::Evict));
    let token = |id: &str, seconds| {
        let lifetime = Duration::from_secs(seconds);
        token().claim("jti", id).expires_in(lifetime).sign()
    };
    let (late, early, new) = (token("late", 900), token("early", 300), token("new", 600));
    for token in [&late, &early, &new] {
        assert!(rejection(&layer, token).await.is_none());
    }
    let expected = [Some(ErrorKind::Replayed), Some(ErrorKind::Replayed), None];
    assert_eq!(rejections(&layer, &[late, new, early]).await, expected);
}

#[tokio::test]
async fn layers_with_clones_of_one_store_accept_a_token_once_together() {
    let shared = store(10);
    let layers = [layer(shared.clone()), layer(std::sync::Arc::new(shared))];
    let token = token().claim("jti", "one").sign();
    assert!(rejection(&layers[0], &token).await.is_none());
    for layer in &layers {
        let error = rejection(layer, &token).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Replayed);
    }
    let alone = layer(store(10));
    assert!(rejection(&alone, &token).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_uses_of_one_token_on_several_threads_one_is_accepted() {
    let layer = layer(store(1000));
    for token in tokens(50) {
        let uses = (0..8).map(|_| {
            let (layer, token) = (layer.clone(), token.clone());
            tokio::spawn(async move { rejection(&layer, &token).await })
        });
        let all = futures::future::join_all(uses);
        let uses = timeout(Duration::from_secs(10), all).await.unwrap();
        let accepted = uses
            .into_iter()
            .filter(|use_| use_.as_ref().unwrap().is_none());
        assert_eq!(accepted.count(), 1);
    }
}

#[test]
fn an_entry_takes_the_same_memory_for_any_length_of_the_id() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let growth = |id_len: usize| {
        let store = store(5000);
        let layer = layer(store.clone());
        let tokens: Vec<_> = (0..5000)
            .map(|id| token().claim("jti", format!("{id:0>id_len$}")).sign())
            .collect();
        let info = measure(|| {
            runtime.block_on(async {
                assert!(all_are(&rejections(&layer, &tokens).await, None));
            });
        });
        assert_eq!(store.len(), 5000);
        info.bytes_current
    };
    let (short, long) = (growth(10), growth(8000));
    assert!(long < 5000 * 100 + 20_000, "{long} bytes for long ids");
    assert!(
        long < short + 20_000,
        "{short} bytes for short ids, {long} for long ones"
    );
}

#[test]
fn the_debug_output_shows_settings_only() {
    let store = store(10).when_full(WhenFull::Evict);
    let expected = "MemoryReplayStore { max_entries: 10, when_full: Evict, .. }";
    assert_eq!(format!("{store:?}"), expected);
    assert!(store.is_empty());
}

#[test]
fn a_store_without_space_is_rejected() {
    let error = MemoryReplayStore::new(0).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    let expected = "max_entries of MemoryReplayStore is 0: must be at least 1";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_used_at_a_layer_without_leeway_stays_used_for_one_with_an_hour() {
    let store = store(100);
    let clock = tower_jwt_auth::testing::TestClock::frozen();
    let layer = |leeway| {
        let layer = builder().clock(clock.clone()).replay_store(store.clone());
        layer.leeway(leeway).build().unwrap()
    };
    let (strict, lenient) = (layer(Duration::ZERO), layer(Duration::from_secs(60 * 60)));
    let token = token().clock(&clock).claim("jti", "1");
    let token = token.expires_in(Duration::from_secs(60)).sign();
    assert!(rejection(&strict, &token).await.is_none());
    let passed = Duration::from_secs(60 + 59 * 60);
    clock.advance(passed);
    advance(passed).await;
    let rejected = rejection(&lenient, &token).await.unwrap();
    assert_eq!(rejected.kind(), ErrorKind::Replayed);
}
