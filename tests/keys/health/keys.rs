//! The states of fetched keys, from a cold start to their end.

use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::{IssuerState, JwksCacheSettings, ReadinessStatus};

use super::{Kind, kinds, readiness, states};
use crate::cache::mock::{Answer, ISSUER, Mock, minutes};
use crate::support::tokio;

fn mock() -> Mock {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    mock
}

#[tokio::test(start_paused = true)]
async fn a_lazy_start_is_not_ready_until_the_first_probe_has_had_the_keys_fetched() {
    let mock = mock();
    let authenticator = mock.authenticator();
    let first = readiness(&authenticator);
    assert_eq!(first.status, ReadinessStatus::NotReady);
    assert_eq!(kinds(&first), [Kind::KeysAbsent]);
    assert_eq!(first.reasons[0].issuer.as_deref(), Some(ISSUER));
    assert_eq!(states(&first), [IssuerState::Absent]);
    assert_eq!(
        (first.issuers[0].age, first.issuers[0].usable_for),
        (None, None)
    );
    sleep(Duration::from_millis(10)).await;
    let second = readiness(&authenticator);
    assert_eq!(second.status, ReadinessStatus::Ready);
    assert!(second.reasons.is_empty() && authenticator.is_ready());
    assert_eq!(mock.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_prefetched_authenticator_is_ready_and_probes_fetch_nothing() {
    let mock = mock();
    let authenticator = mock.authenticator();
    authenticator.prefetch().await.unwrap();
    for _ in 0..100 {
        assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    }
    assert_eq!(states(&readiness(&authenticator)), [IssuerState::Fresh]);
    assert_eq!(mock.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_it_is_degraded_as_long_as_stale_keys_are_used_and_then_not_ready() {
    let mock = mock();
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.answer(Answer::Unreachable);
    // The refresh at 8 of 10 minutes has failed, and the keys are fresh.
    sleep(Duration::from_secs(9 * 60 + 30)).await;
    let failing = readiness(&authenticator);
    assert_eq!(failing.status, ReadinessStatus::Degraded);
    assert_eq!(kinds(&failing), [Kind::FetchFailing]);
    for minute in 10..69 {
        minutes(1).await;
        let stale = readiness(&authenticator);
        assert_eq!(stale.status, ReadinessStatus::Degraded, "{minute}");
        assert_eq!(kinds(&stale), [Kind::KeysStale]);
        assert!(authenticator.authenticate(&token).await.is_ok());
    }
    minutes(2).await;
    let expired = readiness(&authenticator);
    assert_eq!(expired.status, ReadinessStatus::NotReady);
    assert_eq!(kinds(&expired), [Kind::KeysAbsent]);
    assert!(authenticator.authenticate(&token).await.is_err());
    mock.answer(Answer::Keys);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
}

/// Without a request, nothing refreshes the keys of an instance. It must stay in service.
#[tokio::test(start_paused = true)]
async fn an_idle_instance_is_ready_while_its_stale_keys_can_be_used() {
    let mock = mock();
    let settings = JwksCacheSettings::default().idle_timeout(Duration::from_secs(60));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    minutes(30).await;
    assert_eq!(mock.fetches(), 1);
    let idle = readiness(&authenticator);
    assert_eq!(
        (idle.status, kinds(&idle)),
        (ReadinessStatus::Degraded, vec![Kind::KeysStale])
    );
    // It is right: the next request is served, even if the issuer is down.
    mock.answer(Answer::Unreachable);
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.answer(Answer::Keys);
    minutes(10 * 60).await;
    // Expired after a night without requests: a probe is enough to recover.
    assert!(!authenticator.is_ready());
    sleep(Duration::from_millis(10)).await;
    assert!(authenticator.is_ready());
}

/// The task that refreshes them ends an hour after the last token.
#[tokio::test(start_paused = true)]
async fn probes_keep_the_keys_of_an_instance_without_requests_fresh() {
    let mock = mock();
    let authenticator = mock.authenticator();
    authenticator.prefetch().await.unwrap();
    for second in 0..12 * 60 * 6 {
        sleep(Duration::from_secs(10)).await;
        let idle = readiness(&authenticator);
        assert_eq!(idle.status, ReadinessStatus::Ready, "{}", second * 10);
    }
    // One fetch for each 7 to 8 of 10 minutes.
    let fetches = mock.fetches();
    assert!((89..=105).contains(&fetches), "{fetches}");
}

#[tokio::test(start_paused = true)]
async fn keys_that_expire_with_hours_between_probes_are_back_at_the_second_probe() {
    let mock = mock();
    let authenticator = mock.authenticator();
    authenticator.prefetch().await.unwrap();
    for _ in 0..3 {
        minutes(5 * 60).await;
        assert!(!authenticator.is_ready());
        sleep(Duration::from_millis(10)).await;
        assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    }
}

#[tokio::test(start_paused = true)]
async fn withdrawn_keys_are_degraded_until_their_grace_has_passed() {
    let mock = mock();
    let authenticator = mock.authenticator();
    authenticator.prefetch().await.unwrap();
    mock.answer(Answer::Body(r#"{"keys":[]}"#));
    minutes(10).await;
    let withdrawn = readiness(&authenticator);
    assert_eq!(withdrawn.status, ReadinessStatus::Degraded);
    assert_eq!(kinds(&withdrawn), [Kind::KeysWithdrawn]);
    minutes(10).await;
    let expired = readiness(&authenticator);
    assert_eq!(
        (expired.status, kinds(&expired)),
        (ReadinessStatus::NotReady, vec![Kind::KeysAbsent])
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_start_probes_have_the_keys_fetched_with_the_usual_backoff() {
    let mock = mock();
    mock.answer(Answer::Status(503));
    let authenticator = mock.authenticator();
    assert!(authenticator.prefetch().await.is_err());
    for _ in 0..600 {
        sleep(Duration::from_millis(100)).await;
        assert!(!authenticator.is_ready());
    }
    // The backoff is at most 4 s.
    let fetches = mock.fetches();
    assert!(
        (15..=30).contains(&fetches),
        "{fetches} fetches in a minute"
    );
    mock.answer(Answer::Keys);
    sleep(Duration::from_secs(5)).await;
    assert!(authenticator.is_ready());
}

#[test]
fn outside_a_runtime_readiness_is_data_only() {
    let mock = mock();
    let authenticator = mock.authenticator();
    assert!(!authenticator.is_ready() && !authenticator.is_ready());
    assert_eq!(mock.fetches(), 0);
}
