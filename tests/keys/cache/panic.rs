//! An HTTP client that panics: the fetch has failed.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::{Instant, sleep};
use tower_jwt_auth::{Authenticator, ErrorKind, HttpClient, Issuer, JwksCacheSettings, KeysEvent};

use crate::cache::mock::{AUDIENCE, ISSUER, JWKS_URI, Mock, minutes};
use crate::support::tokio;

/// So many calls that a loop without backoff is noticed, and ends.
const ALWAYS: Range<usize> = 0..500;

/// An authenticator whose client panics at some of its calls, the number of calls, and the reported
/// failures.
struct World {
    authenticator: Authenticator,
    calls: Arc<AtomicUsize>,
    reported: Arc<Mutex<Vec<String>>>,
}

fn client(mock: &Mock, calls: &Arc<AtomicUsize>, panics: Range<usize>) -> HttpClient {
    let (calls, body) = (Arc::clone(calls), mock.jwks());
    HttpClient::new(tower::service_fn(move |_: Request<Full<Bytes>>| {
        let (call, body) = (calls.fetch_add(1, Relaxed), body.clone());
        let panics = panics.contains(&call);
        async move {
            assert!(!panics, "the client's own bug");
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(body)))
        }
    }))
}

fn world(mock: &Mock, panics: Range<usize>) -> World {
    let (calls, reported) = (Arc::default(), Arc::<Mutex<Vec<_>>>::default());
    let recorded = Arc::clone(&reported);
    let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE)
        .http_client(client(mock, &calls, panics))
        .jwks_cache(JwksCacheSettings::default().default_ttl(Duration::from_secs(60)))
        .on_event(move |_, event| {
            if let KeysEvent::FetchFailed {
                error, failures, ..
            } = event
            {
                recorded
                    .lock()
                    .unwrap()
                    .push(format!("{failures}: {error}"));
            }
        });
    World {
        authenticator: Authenticator::builder(issuer)
            .build_authenticator()
            .unwrap(),
        calls,
        reported,
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_panics_is_called_again_with_the_usual_backoff() {
    let mock = Mock::new();
    let world = world(&mock, ALWAYS);
    let error = world
        .authenticator
        .authenticate(&mock.token())
        .await
        .unwrap_err();
    minutes(1).await;
    let calls = world.calls.load(Relaxed);
    assert!((10..=25).contains(&calls), "{calls} calls in a minute");
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    assert!(
        error
            .retry_after()
            .is_some_and(|pause| pause < Duration::from_secs(1)),
        "{:?}",
        error.retry_after()
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_client_is_reported_as_the_cause() {
    let mock = Mock::new();
    let world = world(&mock, ALWAYS);
    let error = world
        .authenticator
        .authenticate(&mock.token())
        .await
        .unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the HTTP client panicked"
    );
    assert_eq!(
        *world.reported.lock().unwrap(),
        ["1: the HTTP client panicked"]
    );
    let health = world.authenticator.health().remove(0).fetch.unwrap();
    assert_eq!(
        health.last_error.as_deref(),
        Some("the HTTP client panicked")
    );
    assert_eq!((health.fetches, health.failures), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn cached_keys_stay_in_use_while_the_client_panics_and_are_refreshed_afterwards() {
    let mock = Mock::new();
    let world = world(&mock, 1..20);
    let token = mock.token();
    assert!(world.authenticator.authenticate(&token).await.is_ok());
    for _ in 0..600 {
        let start = Instant::now();
        assert!(world.authenticator.authenticate(&token).await.is_ok());
        assert_eq!(start.elapsed(), Duration::ZERO);
        sleep(Duration::from_secs(1)).await;
    }
    assert!(world.calls.load(Relaxed) > 20);
    let health = world.authenticator.health().remove(0).fetch.unwrap();
    assert_eq!((health.stale, health.last_error), (false, None));
}
