//! The cache on several runtimes, on one that is dropped, and on none.

use std::time::Duration;

use futures::future::join_all;
use http::{Request, Response, StatusCode};
use tokio::runtime::{Builder, Handle};
use tokio::time::sleep;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Authenticator, ErrorKind, JwksCacheSettings, JwtAuthLayer};

use crate::cache::mock::{Answer, Mock, kind, minutes};
use crate::support::block_on;
use crate::support::tokio;

#[test]
fn no_runtime_is_needed_to_build_or_to_read_the_health() {
    let authenticator = Mock::new().authenticator();
    assert_eq!(authenticator.health().len(), 1);
}

#[test]
fn without_a_runtime_a_request_fails_with_an_error_and_no_panic() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    let error = block_on(authenticator.authenticate(&mock.token())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        "keys are fetched on a tokio runtime, and there is none"
    );
}

#[tokio::test(start_paused = true)]
async fn the_refresher_ends_when_the_last_handle_is_dropped() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    let other = authenticator.clone();
    drop(authenticator);
    sleep(Duration::from_secs(1)).await;
    assert!(
        Handle::current().metrics().num_alive_tasks() > 0,
        "the clone keeps it running"
    );
    drop(other);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_ends_when_the_last_handle_is_dropped() {
    let mock = Mock::new();
    mock.answer(Answer::Hang);
    let authenticator = mock.authenticator();
    let token = mock.token();
    let _ = tokio::time::timeout(
        Duration::from_millis(10),
        authenticator.authenticate(&token),
    )
    .await;
    drop(authenticator);
    sleep(Duration::from_millis(10)).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Sends each token through each layer, all at the same time. Returns the maximum number of tasks.
async fn storm(layers: &[JwtAuthLayer], tokens: &[String], expected: StatusCode) -> usize {
    let ask = async |layer: &JwtAuthLayer, token: &String| {
        let inner =
            service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(())));
        let request = Request::get("/")
            .header("authorization", format!("Bearer {token}"))
            .body(())
            .unwrap();
        assert_eq!(
            layer.layer(inner).oneshot(request).await.unwrap().status(),
            expected
        );
    };
    let all = layers
        .iter()
        .flat_map(|layer| tokens.iter().map(move |token| ask(layer, token)));
    let mut max = 0;
    let watch = async {
        loop {
            max = max.max(tasks());
            sleep(Duration::from_millis(1)).await;
        }
    };
    futures::future::select(Box::pin(join_all(all)), Box::pin(watch)).await;
    max
}

#[tokio::test(start_paused = true)]
async fn however_many_requests_arrive_there_are_two_tasks_and_without_requests_none() {
    let mock = Mock::new();
    mock.delay(Duration::from_millis(200));
    let layers = vec![mock.builder(JwksCacheSettings::default()).build().unwrap(); 5];
    assert_eq!(tasks(), 0);
    assert_eq!(
        storm(&layers, &vec![mock.token(); 100], StatusCode::OK).await,
        1 + 1
    );
    let unknown_keys: Vec<_> = (0..100).map(|_| Mock::unknown_key_token()).collect();
    assert_eq!(
        storm(&layers, &unknown_keys, StatusCode::UNAUTHORIZED).await,
        1 + 1
    );
    assert_eq!((tasks(), mock.fetches()), (1, 3));
    minutes(59).await;
    assert_eq!(tasks(), 1);
    minutes(60).await;
    assert_eq!(tasks(), 0);
}

#[test]
fn the_cache_survives_the_runtime_that_it_was_first_used_on() {
    let mock = Mock::new();
    let settings = JwksCacheSettings::default().refetch_limit(3, Duration::from_secs(30));
    let authenticator: Authenticator = mock.builder(settings).build_authenticator().unwrap();
    let mut ahead = Duration::ZERO;
    let mut run = |outcome: Option<ErrorKind>| {
        // A paused clock starts at the real time, so it must catch up with the one before.
        ahead += Duration::from_secs(20);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let token = mock.token();
        runtime.block_on(async {
            sleep(ahead).await;
            assert_eq!(kind(authenticator.authenticate(&token).await), outcome);
        });
    };
    run(None);
    mock.add_key();
    run(None);
    mock.add_key();
    mock.answer(Answer::Hang);
    run(Some(ErrorKind::UnknownKey));
    // The fetch that hung was dropped with its runtime. The next runtime starts another.
    mock.answer(Answer::Keys);
    run(None);
}

#[test]
fn joining_a_fetch_without_a_runtime_fails_with_an_error() {
    let mock = Mock::new();
    mock.answer(Answer::Hang);
    let authenticator = mock.authenticator();
    let token = mock.token();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let _ = tokio::time::timeout(
            Duration::from_millis(10),
            authenticator.authenticate(&token),
        )
        .await;
    });
    let outcome = block_on(authenticator.authenticate(&token));
    assert_eq!(kind(outcome), Some(ErrorKind::KeysUnavailable));
}

#[test]
fn a_fetch_on_a_runtime_that_is_not_polled_is_given_up() {
    let mock = Mock::new();
    mock.answer(Answer::Hang);
    let authenticator = mock.authenticator();
    let token = mock.token();
    let runtime = || {
        Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let asleep = runtime();
    asleep.block_on(async {
        let _ = tokio::time::timeout(
            Duration::from_millis(10),
            authenticator.authenticate(&token),
        )
        .await;
    });
    mock.answer(Answer::Keys);
    runtime().block_on(async {
        let mut outcomes = Vec::new();
        for _ in 0..10 {
            outcomes.push(kind(authenticator.authenticate(&token).await));
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(outcomes.last(), Some(&None), "{outcomes:?}");
    });
}
