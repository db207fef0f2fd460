//! Events about an issuer's keys, each reported once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::{Authenticator, Issuer, JwksCacheSettings, KeysEvent};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, Mock, minutes};
use crate::support::tokio;

type Events = Arc<Mutex<Vec<String>>>;

fn observed(mock: &Mock) -> (Authenticator, Events) {
    let events = Events::default();
    let recorded = Arc::clone(&events);
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(JwksCacheSettings::default())
        .on_event(move |issuer, event| {
            assert_eq!(issuer, ISSUER);
            recorded.lock().unwrap().push(match event {
                KeysEvent::Fetched { keys, .. } => format!("fetched {}", keys.keys().count()),
                KeysEvent::FetchFailed { failures, .. } => format!("failed {failures}"),
                KeysEvent::Recovered { failures, .. } => format!("recovered {failures}"),
                other => format!("{other:?}"),
            });
        });
    (
        Authenticator::builder(issuer)
            .build_authenticator()
            .unwrap(),
        events,
    )
}

#[tokio::test(start_paused = true)]
async fn fetches_failures_staleness_and_recovery_are_reported() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let (authenticator, events) = observed(&mock);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(*events.lock().unwrap(), ["fetched 1"]);
    mock.answer(Answer::Status(500));
    minutes(2).await;
    mock.answer(Answer::Keys);
    sleep(Duration::from_secs(5)).await;
    let events = events.lock().unwrap().clone();
    assert_eq!(events[1], "failed 1");
    assert_eq!(
        events.iter().filter(|event| *event == "Stale").count(),
        1,
        "once, not at every failure"
    );
    let failures = events
        .iter()
        .filter(|event| event.starts_with("failed"))
        .count();
    assert_eq!(events.last().unwrap(), &format!("recovered {failures}"));
}

#[tokio::test(start_paused = true)]
async fn the_refetch_limit_is_reported_once_each_time_that_it_is_reached() {
    let mock = Mock::new();
    let (authenticator, events) = observed(&mock);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    let exhausted = || {
        events
            .lock()
            .unwrap()
            .iter()
            .filter(|event| *event == "RefetchLimitReached")
            .count()
    };
    for round in 1..=3 {
        for _ in 0..10 {
            assert!(
                authenticator
                    .authenticate(&Mock::unknown_key_token())
                    .await
                    .is_err()
            );
        }
        assert_eq!(exhausted(), round);
        sleep(Duration::from_secs(31)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn that_the_keys_have_expired_is_reported_once() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let (authenticator, events) = observed(&mock);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.answer(Answer::Status(500));
    for _ in 0..90 {
        minutes(1).await;
        let _ = authenticator.authenticate(&mock.token()).await;
    }
    let count = |name: &str| {
        events
            .lock()
            .unwrap()
            .iter()
            .filter(|event| *event == name)
            .count()
    };
    assert_eq!((count("Stale"), count("Expired")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_observer_can_read_the_health() {
    let mock = Mock::new();
    let slot: Arc<Mutex<Option<Authenticator>>> = Arc::default();
    let seen = Arc::clone(&slot);
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
        .http_client(mock.client())
        .on_event(move |_, _| {
            if let Some(authenticator) = &*seen.lock().unwrap() {
                assert_eq!(authenticator.health().len(), 1);
            }
        });
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    *slot.lock().unwrap() = Some(authenticator.clone());
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    for _ in 0..5 {
        assert!(
            authenticator
                .authenticate(&Mock::unknown_key_token())
                .await
                .is_err()
        );
    }
    mock.answer(Answer::Status(500));
    assert!(authenticator.prefetch().await.is_err());
}
