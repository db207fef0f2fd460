//! Every fault of the issuer, before and after the first keys are cached.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;
use tower_jwt_auth::ErrorKind;
use tower_jwt_auth::testing::{Fault, Rotation, TestIssuer};

use crate::network::support::{authenticator, kind, settings, unknown_key_token, until_accepted};
use crate::support::faults::outages;
use crate::support::tokio;

#[tokio::test(flavor = "multi_thread")]
async fn without_cached_keys_every_fault_is_an_outage_that_ends_within_five_seconds_of_recovery() {
    let issuer = TestIssuer::start().await.unwrap();
    let checks = outages(issuer.jwks_uri(), 1)
        .into_iter()
        .map(|fault| async move {
            let issuer = TestIssuer::start().await.unwrap();
            issuer.set_fault(Some(fault.clone()));
            let authenticator = authenticator(&issuer, settings());
            let token = issuer.token().sign();
            let start = Instant::now();
            let error = authenticator.authenticate(&token).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::KeysUnavailable, "{fault:?}");
            assert!(error.retry_after().is_some());
            assert!(
                start.elapsed() < Duration::from_secs(2),
                "{fault:?}: {:?}",
                start.elapsed()
            );
            issuer.set_fault(None);
            let outage = until_accepted(&authenticator, &token).await;
            assert!(outage < Duration::from_secs(5), "{fault:?}: {outage:?}");
        });
    join_all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_cached_keys_no_fault_affects_a_token_whose_key_is_known() {
    for fault in outages(TestIssuer::start().await.unwrap().jwks_uri(), 1) {
        let issuer = TestIssuer::start().await.unwrap();
        let authenticator = authenticator(&issuer, settings());
        let token = issuer.token().sign();
        authenticator.prefetch().await.unwrap();
        issuer.set_fault(Some(fault.clone()));
        // The unknown key id starts a fetch, which fails.
        let outcome = kind(
            authenticator
                .authenticate(&unknown_key_token(&issuer))
                .await,
        );
        assert_eq!(outcome, Some(ErrorKind::UnknownKey), "{fault:?}");
        assert!(
            authenticator.authenticate(&token).await.is_ok(),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn the_valid_keys_of_a_partly_invalid_set_are_used() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(Fault::SomeUnusableKeys));
    let authenticator = authenticator(&issuer, settings());
    assert!(
        authenticator
            .authenticate(&issuer.token().sign())
            .await
            .is_ok()
    );
    let health = authenticator.health().remove(0);
    assert!(health.skipped.len() >= 4, "{:?}", health.skipped);
    assert_eq!(health.keys.len(), 1);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(Fault::Delay(Duration::from_millis(100))));
    let authenticator = authenticator(&issuer, settings());
    assert!(
        authenticator
            .authenticate(&issuer.token().sign())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let issuer = TestIssuer::start().await.unwrap();
    let elsewhere = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(Fault::Redirect(elsewhere.jwks_uri())));
    let authenticator = authenticator(&issuer, settings());
    assert!(
        authenticator
            .authenticate(&issuer.token().sign())
            .await
            .is_err()
    );
    assert_eq!(elsewhere.jwks_fetches(), 0);
}

#[tokio::test]
async fn a_thousand_requests_without_cached_keys_share_one_fetch() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(Fault::Delay(Duration::from_millis(100))));
    let settings = settings()
        .fetch_timeout(Duration::from_secs(5))
        .wait_timeout(Duration::from_secs(5));
    let authenticator = authenticator(&issuer, settings);
    let token = issuer.token().sign();
    let outcomes = join_all((0..1000).map(|_| authenticator.authenticate(&token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let (metadata, sets) = (issuer.metadata_fetches(), issuer.jwks_fetches());
    println!(
        "1000 concurrent requests without cached keys: {sets} fetch of the JWK set, {metadata} of the metadata"
    );
    assert_eq!((metadata, sets), (1, 1));
}

#[tokio::test]
async fn a_rotated_key_is_fetched_at_once_and_a_removed_key_is_rejected() {
    let issuer = TestIssuer::start().await.unwrap();
    let authenticator = authenticator(&issuer, settings());
    let old = issuer.token().sign();
    assert!(authenticator.authenticate(&old).await.is_ok());
    issuer.rotate(Rotation::Overlapping);
    assert!(
        authenticator
            .authenticate(&issuer.token().sign())
            .await
            .is_ok()
    );
    assert!(authenticator.authenticate(&old).await.is_ok());
    issuer.rotate(Rotation::Hard);
    assert!(
        authenticator
            .authenticate(&issuer.token().sign())
            .await
            .is_ok()
    );
    assert_eq!(
        kind(authenticator.authenticate(&old).await),
        Some(ErrorKind::UnknownKey)
    );
    assert_eq!(issuer.jwks_fetches(), 3);
}

#[tokio::test]
async fn an_issuer_that_is_down_at_start_is_an_outage_until_it_recovers() {
    let issuer = TestIssuer::start().await.unwrap();
    let authenticator = authenticator(&issuer, settings());
    let token = issuer.token().sign();
    issuer.stop().await;
    assert!(authenticator.prefetch().await.is_err());
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::KeysUnavailable)
    );
    issuer.restart().await.unwrap();
    let outage = until_accepted(&authenticator, &token).await;
    println!("first success {outage:?} after the recovery of the issuer");
    assert!(outage < Duration::from_secs(5));
}

#[tokio::test]
async fn an_issuer_that_is_down_is_an_outage_only_once_its_keys_are_expired() {
    let second = Duration::from_secs(1);
    let issuer = TestIssuer::builder()
        .max_age(Some(second))
        .start()
        .await
        .unwrap();
    let settings = settings().min_ttl(second).stale_if_error(second);
    let authenticator = authenticator(&issuer, settings);
    let token = issuer.token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    let start = Instant::now();
    issuer.stop().await;
    let (mut accepted, mut rejected) = (0, 0);
    while start.elapsed() < second * 3 {
        match kind(authenticator.authenticate(&token).await) {
            None => accepted += 1,
            Some(ErrorKind::KeysUnavailable) => rejected += 1,
            other => panic!("{other:?}"),
        }
        assert!(
            rejected == 0 || start.elapsed() > second,
            "rejected after {:?}",
            start.elapsed()
        );
        tokio::task::yield_now().await;
    }
    issuer.restart().await.unwrap();
    let outage = until_accepted(&authenticator, &token).await;
    println!(
        "ttl 1 s, stale_if_error 1 s, down for 3 s: {accepted} accepted, then {rejected} with 503; recovered after {outage:?}"
    );
    assert!(accepted > 0 && rejected > 0 && outage < Duration::from_secs(5));
}
