//! What one process revokes, the others reject.

use std::time::Duration;

use tower_jwt_auth::{OnStaleRevocations, RevocationSettings, RevocationsFull};

use super::support::{Process, REVOKED, UNAVAILABLE, old_token, soon};
use crate::support::ISSUER;
use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::tokio;
use crate::support::tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn each_kind_of_revocation_reaches_the_others() {
    let store = MemoryRevocationStore::default();
    let (first, second) = (Process::start(&store).await, Process::start(&store).await);
    let claims = {
        let token = old_token().subject("carol").sign();
        let authenticator = first.layer.authenticator();
        (authenticator.authenticate(&token).await.unwrap(), token)
    };
    first.list.revoke(&claims.0).unwrap();
    first.revoke_alice();
    first.list.revoke_session(ISSUER, "session").unwrap();
    first.list.revoke_client(ISSUER, "client").unwrap();
    soon().await;
    assert_eq!((second.alice().await, second.bob().await), (REVOKED, None));
    let authenticator = second.layer.authenticator();
    for token in [
        claims.1,
        old_token().claim("sid", "session").sign(),
        old_token().claim("azp", "client").sign(),
    ] {
        let outcome = authenticator.authenticate(&token).await;
        assert!(outcome.is_err(), "{outcome:?}");
    }
    first.list.revoke_issuer(ISSUER).unwrap();
    soon().await;
    assert_eq!(second.bob().await, REVOKED);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_later_has_earlier_revocations() {
    let store = MemoryRevocationStore::default();
    let first = Process::start(&store).await;
    first.revoke_alice();
    first.list.stored().await.unwrap();
    drop(first);
    let second = Process::new(&store);
    assert_eq!(second.bob().await, UNAVAILABLE, "nothing is known yet");
    second.list.loaded().await.unwrap();
    assert_eq!((second.alice().await, second.bob().await), (REVOKED, None));
    assert_eq!(
        (second.health().loads, second.health().rejected_stale),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_last_clone_of_the_list() {
    let store = MemoryRevocationStore::default();
    let first = Process::start(&store).await;
    let clone = first.list.clone();
    drop(first);
    soon().await;
    assert_eq!(store.followers(), 1);
    drop(clone);
    soon().await;
    assert_eq!(store.followers(), 0);
}

#[test]
fn a_layer_that_is_built_outside_a_runtime_loads_with_the_first_request() {
    let store = MemoryRevocationStore::default();
    let process = Process::new(&store);
    assert_eq!(store.follows(), 0);
    // Nor does the end of a runtime end it for good.
    for runtime in 1..=2 {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let is_loaded = builder.enable_all().build().unwrap().block_on(async {
            let before = process.bob().await;
            sleep(Duration::from_millis(50)).await;
            (before, process.bob().await)
        });
        let before = if runtime == 1 { UNAVAILABLE } else { None };
        assert_eq!(is_loaded, (before, None));
        assert_eq!(store.follows(), runtime);
    }
}

#[tokio::test(start_paused = true)]
async fn prefetch_waits_for_the_list() {
    let store = MemoryRevocationStore::default();
    let process = Process::new(&store);
    let authenticator = process.layer.authenticator();
    authenticator.prefetch().await.unwrap();
    assert_eq!(process.bob().await, None);
    let health = authenticator.revocation_health().unwrap();
    assert_eq!(health.shared.unwrap().loads, 1);
    store.set(Fault::Fails);
    let other = Process::new(&store);
    let error = other.layer.authenticator().prefetch().await.unwrap_err();
    assert_eq!(error.to_string(), "the list of revocations is not loaded");
    let source = std::error::Error::source(&error).unwrap().to_string();
    let expected = "the revocations are not loaded from the store yet: the store is down";
    assert_eq!(source, expected);
}

#[tokio::test(start_paused = true)]
async fn a_full_list_fails_closed_also_for_revocations_by_others() {
    let store = MemoryRevocationStore::default();
    let first = Process::start(&store).await;
    let settings = RevocationSettings::default().max_entries(2);
    let second = Process::of(settings.store(store.clone(), OnStaleRevocations::Reject));
    second.list.loaded().await.unwrap();
    for subject in ["a", "b"] {
        first.list.revoke_subject(ISSUER, subject).unwrap();
    }
    soon().await;
    assert_eq!(
        (second.bob().await, second.list.health().full),
        (None, true)
    );
    first.revoke_alice();
    soon().await;
    assert_eq!(
        (second.alice().await, second.bob().await),
        (UNAVAILABLE, UNAVAILABLE)
    );
    assert_eq!((first.alice().await, first.bob().await), (REVOKED, None));
    let full: Result<(), RevocationsFull> = second.list.revoke_subject(ISSUER, "c");
    full.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn failures_are_followed_by_longer_and_longer_waits() {
    let store = MemoryRevocationStore::default();
    store.set(Fault::Fails);
    let process = Process::new(&store);
    sleep(Duration::from_secs(60)).await;
    let follows = store.follows();
    // At most every 2 s, and never less than every half of that.
    assert!((30..70).contains(&follows), "{follows}");
    assert_eq!(process.health().last_error.unwrap(), "the store is down");
    store.set(Fault::None);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(process.bob().await, None);
    assert_eq!(process.health().last_error, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_its_token_is_revoked_elsewhere() {
    let store = MemoryRevocationStore::default();
    let (first, second) = (Process::start(&store).await, Process::start(&store).await);
    let token = old_token().subject("alice").sign();
    let claims = second.layer.authenticator().authenticate(&token).await;
    let stream = tower_jwt_auth::until_expiry(std::future::pending::<()>(), &claims.unwrap());
    let revoke = async {
        // A store that is down ends no stream.
        store.set(Fault::Fails);
        sleep(Duration::from_secs(60)).await;
        store.set(Fault::None);
        sleep(Duration::from_secs(5)).await;
        first.revoke_alice();
    };
    let (outcome, ()) = tokio::join!(stream, revoke);
    assert_eq!(
        outcome.unwrap_err().kind(),
        tower_jwt_auth::ErrorKind::Revoked
    );
}
