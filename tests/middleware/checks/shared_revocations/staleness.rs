//! The store gives no answer: the list grows old.

use std::time::Duration;

use http::header::RETRY_AFTER;
use tower_jwt_auth::{Error, ErrorKind, OnStaleRevocations, RevocationSettings, Revocations};

use super::support::{Process, REVOKED, UNAVAILABLE, old_token, soon};
use crate::checks::support::rejection;
use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::tokio;
use crate::support::tokio::time::{advance, sleep};
use crate::support::{ask, bearer};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_list_counts_as_up_to_date_for_30_seconds() {
    for fault in [Fault::Fails, Fault::Hangs] {
        let store = MemoryRevocationStore::default();
        let process = Process::start(&store).await;
        process.revoke_alice();
        process.list.stored().await.unwrap();
        store.set(fault);
        sleep(SECOND * 28).await;
        assert_eq!(
            (process.alice().await, process.bob().await),
            (REVOKED, None)
        );
        assert!(!process.health().stale);
        sleep(SECOND * 3).await;
        assert_eq!(
            (process.alice().await, process.bob().await),
            (REVOKED, UNAVAILABLE)
        );
        let health = process.health();
        assert!(
            health.stale && health.age.unwrap() > SECOND * 29,
            "{health:?}"
        );
        assert_eq!((health.rejected_stale, health.accepted_stale), (1, 0));
        store.set(Fault::None);
        sleep(SECOND * 12).await;
        assert_eq!(
            (process.alice().await, process.bob().await),
            (REVOKED, None)
        );
        assert!(!process.health().stale);
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_counts_also_if_no_task_has_run() {
    let store = MemoryRevocationStore::default();
    let process = Process::start(&store).await;
    soon().await;
    // Not even the answer that has arrived meanwhile is read before the request.
    let request = process.bob();
    advance(SECOND * 31).await;
    assert_eq!(request.await, UNAVAILABLE);
    sleep(SECOND * 2).await;
    assert_eq!(process.bob().await, None);
}

/// A log-out outside the layer: it does not depend on the store.
#[tokio::test(start_paused = true)]
async fn a_token_can_be_revoked_while_the_list_is_stale() {
    let store = MemoryRevocationStore::default();
    let process = Process::start(&store).await;
    let carol = old_token().subject("carol").sign();
    let kind = async || {
        rejection(&process.layer, &carol)
            .await
            .map(|error| error.kind())
    };
    let revoke = || process.layer.authenticator().revoke(&carol, &process.list);
    store.set(Fault::Fails);
    sleep(SECOND * 31).await;
    assert_eq!(kind().await, UNAVAILABLE);
    let unstored = revoke().await.as_ref().map_err(Error::kind).copied();
    assert_eq!(unstored, Err(ErrorKind::CheckUnavailable));
    assert_eq!(kind().await, REVOKED);
    store.set(Fault::None);
    sleep(SECOND * 12).await;
    revoke().await.unwrap();
    assert_eq!((kind().await, process.bob().await), (REVOKED, None));
}

#[tokio::test(start_paused = true)]
async fn the_rejection_says_when_to_try_again() {
    let store = MemoryRevocationStore::default();
    store.set(Fault::Fails);
    let process = Process::new(&store);
    let token = crate::checks::support::token().sign();
    let answer = ask(&process.layer, bearer(&token)).await;
    assert_eq!(answer.status, http::StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers[RETRY_AFTER], "1");
}

#[tokio::test(start_paused = true)]
async fn the_last_known_list_is_used_until_it_is_too_old() {
    let store = MemoryRevocationStore::default();
    let last_known = OnStaleRevocations::UseLastKnownFor(SECOND * 600);
    let process = Process::with(&store, last_known);
    process.list.loaded().await.unwrap();
    process.revoke_alice();
    process.list.stored().await.unwrap();
    store.set(Fault::Fails);
    sleep(SECOND * 590).await;
    assert_eq!(
        (process.alice().await, process.bob().await),
        (REVOKED, None)
    );
    assert_eq!(
        (process.health().stale, process.health().accepted_stale),
        (true, 1)
    );
    sleep(SECOND * 11).await;
    assert_eq!(
        (process.alice().await, process.bob().await),
        (REVOKED, UNAVAILABLE)
    );
    assert_eq!(process.health().rejected_stale, 1);
}

#[tokio::test(start_paused = true)]
async fn before_the_first_load_no_setting_accepts_a_token() {
    let store = MemoryRevocationStore::default();
    store.set(Fault::Fails);
    let last_known = OnStaleRevocations::UseLastKnownFor(SECOND * 600);
    for on_stale in [last_known, OnStaleRevocations::Reject] {
        let process = Process::with(&store, on_stale);
        process.revoke_alice();
        assert_eq!(
            (process.alice().await, process.bob().await),
            (REVOKED, UNAVAILABLE)
        );
        let error = process.list.loaded().await.unwrap_err().to_string();
        assert!(error.ends_with("yet: the store is down"), "{error}");
        assert!(process.health().stale && process.health().age.is_none());
    }
}

#[test]
fn a_time_outside_of_its_limits_is_rejected() {
    let build = |max_staleness, on_stale| {
        let store = MemoryRevocationStore::default();
        let settings = RevocationSettings::default().store(store, on_stale);
        Revocations::with_settings(settings.max_staleness(max_staleness)).is_ok()
    };
    let reject = OnStaleRevocations::Reject;
    for (seconds, is_valid) in [(4, false), (5, true), (3_600, true), (3_601, false)] {
        assert_eq!(build(SECOND * seconds, reject), is_valid, "{seconds}");
    }
    let days = SECOND * 24 * 60 * 60;
    for (age, is_valid) in [
        (SECOND * 30, false),
        (SECOND * 31, true),
        (days * 366, true),
        (days * 366 + SECOND, false),
    ] {
        let last_known = OnStaleRevocations::UseLastKnownFor(age);
        assert_eq!(build(SECOND * 30, last_known), is_valid, "{age:?}");
    }
}
