//! The queue of signatures that are checked on other threads: who waits in it, and for how long.

use std::error::Error as _;
use std::sync::{Condvar, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;

use futures::FutureExt as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::advance;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, ConfigErrorKind, Error, ErrorKind, Issuer, JwtAuthBuilder,
    TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder, clock, default_key, key, key_set, token, token_of,
};

static IS_OPEN: Mutex<bool> = Mutex::new(false);
static GATE: Condvar = Condvar::new();
/// One test at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Claims that keep their thread busy until the gate is open, if they have a member `slow`.
#[derive(Deserialize)]
#[serde(from = "Value")]
struct Gated;

impl From<Value> for Gated {
    fn from(claims: Value) -> Self {
        if claims.get("slow").is_some() {
            let limit = Duration::from_secs(60);
            let is_open = IS_OPEN.lock().unwrap();
            drop(GATE.wait_timeout_while(is_open, limit, |is_open| !*is_open));
        }
        Self
    }
}

/// All threads that check signatures, busy until this is dropped.
struct Busy(Vec<JoinHandle<()>>);

impl Busy {
    /// Sends as many slow tokens as there are threads.
    async fn with(authenticator: &Authenticator<Gated>) -> Self {
        *IS_OPEN.lock().unwrap() = false;
        let slow = token().claim("slow", true).sign();
        let tasks = (0..available_parallelism().unwrap().get()).map(|_| {
            let (authenticator, slow) = (authenticator.clone(), slow.clone());
            tokio::spawn(async move { drop(authenticator.authenticate(&slow).await) })
        });
        let busy = Self(tasks.collect());
        for _ in 0..100 {
            yield_now().await;
        }
        busy
    }

    async fn end(mut self) {
        open_the_gate();
        for task in self.0.drain(..) {
            task.await.unwrap();
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        open_the_gate();
    }
}

fn open_the_gate() {
    *IS_OPEN.lock().unwrap() = true;
    GATE.notify_all();
}

fn offloading() -> JwtAuthBuilder<Gated> {
    let keys = key_set([default_key(), key(Algorithm::HS256)]);
    Authenticator::builder(Issuer::from_keys(ISSUER, keys, AUDIENCE))
        .claims()
        .clock(clock())
        .offload([Algorithm::ES256])
}

/// Returns the outcome if it is known without waiting.
fn at_once(authenticator: &Authenticator<Gated>, token: &str) -> Option<Result<(), ErrorKind>> {
    let outcome = authenticator.authenticate(token).now_or_never()?;
    Some(outcome.map(drop).map_err(|error| error.kind()))
}

#[tokio::test]
async fn while_all_threads_are_busy_only_tokens_that_need_one_wait() {
    let _turn = TURN.lock().await;
    let settings = TokenCacheSettings::default();
    let authenticator = offloading()
        .token_cache(settings)
        .build_authenticator()
        .unwrap();
    let cached = token().sign();
    authenticator.authenticate(&cached).await.unwrap();

    let busy = Busy::with(&authenticator).await;
    assert_eq!(
        at_once(&authenticator, &token().subject("new").sign()),
        None
    );
    assert_eq!(at_once(&authenticator, &cached), Some(Ok(())));
    let other_algorithm = token_of(key(Algorithm::HS256)).sign();
    assert_eq!(at_once(&authenticator, &other_algorithm), Some(Ok(())));

    let unknown = TestKey::generate(Algorithm::ES256).with_key_id("unknown");
    let unknown = token_of(&unknown).sign();
    let malformed = format!("{}*", token().sign());
    for (token, kind) in [
        (unknown, ErrorKind::UnknownKey),
        (malformed, ErrorKind::MalformedToken),
    ] {
        // The unknown key is looked for in the source, which for fixed keys takes no time.
        assert_eq!(at_once(&authenticator, &token), Some(Err(kind)));
    }
    busy.end().await;
}

/// Returns the outcome of a token that waits for a thread, after so much time; `None` if it still
/// waits.
async fn waited(authenticator: &Authenticator<Gated>, time: Duration) -> Option<Result<(), Error>> {
    let (authenticator, token) = (authenticator.clone(), token().subject("new").sign());
    let request = tokio::spawn(async move { authenticator.authenticate(&token).await.map(|_| ()) });
    yield_now().await;
    advance(time).await;
    for _ in 0..10 {
        yield_now().await;
    }
    if request.is_finished() {
        Some(request.await.unwrap())
    } else {
        None
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_a_thread_no_longer_than_offload_timeout() {
    let _turn = TURN.lock().await;
    let five = Duration::from_secs(5);
    let millisecond = Duration::from_millis(1);
    for (builder, timeout) in [
        (offloading(), Duration::from_secs(1)),
        (offloading().offload_timeout(five), five),
    ] {
        let authenticator = builder.build_authenticator().unwrap();
        let busy = Busy::with(&authenticator).await;
        assert!(
            waited(&authenticator, timeout.saturating_sub(millisecond))
                .await
                .is_none()
        );
        let outcome = waited(&authenticator, timeout + millisecond).await;
        let error = outcome.expect("it waits no longer").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CheckUnavailable);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
        let cause = error.source().unwrap().to_string();
        let expected = format!("no thread could check the signature within {timeout:?}");
        assert_eq!(cause, expected);
        busy.end().await;
    }
}

#[test]
fn an_offload_timeout_of_zero_is_an_invalid_setting() {
    let error = builder()
        .offload_timeout(Duration::ZERO)
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert_eq!(
        error.to_string(),
        "offload_timeout is 0ns: must be more than zero"
    );
}

#[test]
fn the_timeout_includes_the_wait_for_a_thread_that_other_work_keeps_busy() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let timeout = Duration::from_millis(100);
    let authenticator = builder()
        .offload([Algorithm::ES256])
        .offload_timeout(timeout);
    let authenticator = authenticator.build_authenticator().unwrap();
    runtime.block_on(async {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let busy = tokio::task::spawn_blocking(move || held.recv().is_err());
        let error = authenticator
            .authenticate(&token().sign())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CheckUnavailable);
        drop(release);
        assert!(busy.await.unwrap());
        assert!(authenticator.authenticate(&token().sign()).await.is_ok());
    });
}
