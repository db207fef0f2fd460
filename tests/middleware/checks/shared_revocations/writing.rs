//! What a process revokes is stored, sooner or later.

use std::time::{Duration, SystemTime};

use tower_jwt_auth::{ErrorClass, OnStaleRevocations, RevocationSettings};

use super::support::{Process, REVOKED, old_token, soon};
use crate::support::ISSUER;
use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::tokio;
use crate::support::tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_revocation_in_an_outage_reaches_the_others_after_it() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::RejectsWrites] {
        let store = MemoryRevocationStore::default();
        let (first, second) = (Process::start(&store).await, Process::start(&store).await);
        store.set(fault);
        first.revoke_alice();
        assert_eq!(first.alice().await, REVOKED, "at once in this process");
        let start = Instant::now();
        let error = first.list.stored().await.unwrap_err().to_string();
        assert!(
            error.starts_with("the revocations are not in the store yet"),
            "{error}"
        );
        assert_eq!(start.elapsed(), SECOND * 2);
        assert_eq!(first.health().pending, 1);
        store.set(Fault::None);
        sleep(SECOND * 20).await;
        first.list.stored().await.unwrap();
        assert_eq!(first.health().pending, 0);
        assert_eq!(second.alice().await, REVOKED);
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_whose_answer_was_lost_is_not_sent_again_once_it_is_seen() {
    let store = MemoryRevocationStore::default();
    let process = Process::start(&store).await;
    store.set(Fault::LosesAnswers);
    process.revoke_alice();
    process.list.stored().await.unwrap();
    sleep(SECOND * 60).await;
    assert_eq!((process.health().pending, store.entries().len()), (0, 1));
    assert!(store.adds() < 5, "{}", store.adds());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_lost_its_data_gets_it_back_from_any_process() {
    let store = MemoryRevocationStore::default();
    let (first, second) = (Process::start(&store).await, Process::start(&store).await);
    first.revoke_alice();
    for n in 0..2_500 {
        first.list.revoke_subject(ISSUER, &n.to_string()).unwrap();
    }
    first.list.stored().await.unwrap();
    soon().await;
    let before = store.entries().len();
    drop(first);
    store.set(Fault::Fails);
    store.lose_data();
    soon().await;
    store.set(Fault::None);
    sleep(SECOND * 5).await;
    assert_eq!((store.entries().len(), before), (2_501, 2_501));
    drop(second);
    let third = Process::start(&store).await;
    assert_eq!(third.alice().await, REVOKED);
    // It stores nothing again that is there.
    let adds = store.adds();
    store.set(Fault::Fails);
    sleep(SECOND * 3).await;
    store.set(Fault::None);
    sleep(SECOND * 5).await;
    assert!(third.health().loads > 1);
    assert_eq!(store.adds(), adds);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_takes_few_entries_at_a_time_gets_all_of_them() {
    let store = MemoryRevocationStore::default();
    let process = Process::start(&store).await;
    store.set(Fault::RejectsMany);
    for n in 0..2_500 {
        process.list.revoke_subject(ISSUER, &n.to_string()).unwrap();
    }
    sleep(SECOND * 20).await;
    assert_eq!(
        (store.entries().len(), process.health().pending),
        (2_500, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn authenticator_revoke_waits_until_the_token_is_stored() {
    let store = MemoryRevocationStore::default();
    let process = Process::start(&store).await;
    let authenticator = process.layer.authenticator();
    authenticator
        .revoke(&old_token().sign(), &process.list)
        .await
        .unwrap();
    assert_eq!(store.entries().len(), 1);
    store.set(Fault::Fails);
    let token = old_token().subject("alice").sign();
    let error = authenticator
        .revoke(&token, &process.list)
        .await
        .unwrap_err();
    assert_eq!(error.class(), ErrorClass::Unavailable);
    let outcome = authenticator.authenticate(&token).await;
    assert_eq!(
        outcome.unwrap_err().kind(),
        tower_jwt_auth::ErrorKind::Revoked
    );
}

#[tokio::test]
async fn a_list_without_a_store_is_ready_at_once() {
    let list = tower_jwt_auth::Revocations::new();
    list.revoke_subject(ISSUER, "alice").unwrap();
    list.stored().await.unwrap();
    list.loaded().await.unwrap();
    let health = list.health();
    assert_eq!((health.entries, health.max_entries), (1, 1_000_000));
    assert!(health.shared.is_none() && !health.full);
}

#[test]
fn outside_a_runtime_nothing_is_stored_and_the_call_says_so() {
    let store = MemoryRevocationStore::default();
    let process = Process::new(&store);
    process.revoke_alice();
    let stored = futures::executor::block_on(process.list.stored());
    let expected = "the store of revocations needs a tokio runtime";
    assert_eq!(stored.unwrap_err().to_string(), expected);
    assert_eq!(process.health().pending, 1);
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_a_process_with_shorter_tokens_is_stored_for_as_long_as_others_need_it() {
    let store = MemoryRevocationStore::default();
    let start = |lifetime| {
        let settings = RevocationSettings::default().max_lifetime(lifetime);
        Process::of(settings.store(store.clone(), OnStaleRevocations::Reject))
    };
    let (hour, week) = (SECOND * 3_600, SECOND * 3_600 * 24 * 7);
    let (first, second) = (start(hour), start(week));
    first.revoke_alice();
    first.list.stored().await.unwrap();
    soon().await;
    assert_eq!(second.alice().await, REVOKED);
    // Both load the list anew, repeatedly.
    for _ in 0..3 {
        store.set(Fault::Fails);
        sleep(SECOND * 3).await;
        store.set(Fault::None);
        sleep(SECOND * 5).await;
    }
    let ends = store.entries().into_iter().map(|entry| entry.ends_at());
    assert!(ends.max().unwrap() > SystemTime::now() + week);
    assert_eq!((store.entries().len(), store.adds()), (2, 2), "each once");
}
