//! Slow signatures are verified on other threads, with the same outcomes.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use tower_jwt_auth::{
    Algorithm, Authenticator, ErrorKind, Issuer, JwtAuthBuilder, JwtAuthLayer, TokenCacheSettings,
};

use crate::support::block_on;
use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, bearer, clock, default_key, issuer, key, key_set, send, token, token_of,
};
use crate::support::{ask, builder};

/// Records the thread that deserialized it.
#[derive(Deserialize)]
#[serde(from = "Value")]
struct ReadOn(ThreadId);

impl From<Value> for ReadOn {
    fn from(_: Value) -> Self {
        Self(thread::current().id())
    }
}

fn offloading<C>(claims: JwtAuthBuilder<C>) -> JwtAuthBuilder<C>
where
    C: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    claims.clock(clock()).offload([Algorithm::ES256])
}

fn authenticator() -> Authenticator<ReadOn> {
    let both = Issuer::from_keys(
        ISSUER,
        key_set([default_key(), key(Algorithm::HS256)]),
        AUDIENCE,
    );
    offloading(Authenticator::builder(both).claims())
        .build_authenticator()
        .unwrap()
}

#[tokio::test]
async fn only_listed_algorithms_are_verified_on_another_thread() {
    let (here, authenticator) = (thread::current().id(), authenticator());
    for _ in 0..2 {
        assert_ne!(
            authenticator.authenticate(&token().sign()).await.unwrap().0,
            here
        );
        let inline = token_of(key(Algorithm::HS256)).sign();
        assert_eq!(authenticator.authenticate(&inline).await.unwrap().0, here);
    }
}

#[tokio::test]
async fn the_outcomes_are_the_same() {
    let layer = offloading(builder()).build().unwrap();
    send(&layer, &token().subject("alice").sign())
        .await
        .accepted();
    send(&layer, &token().expired().sign())
        .await
        .invalid_token(ErrorKind::Expired);
    send(&layer, &token().audience("x").sign())
        .await
        .invalid_token(ErrorKind::WrongAudience);
    send(&layer, &format!("{}AA", token().sign()))
        .await
        .invalid_token(ErrorKind::InvalidSignature);
    let unknown_key =
        tower_jwt_auth::testing::TestKey::generate(Algorithm::ES256).with_key_id("unknown");
    send(&layer, &token_of(&unknown_key).sign())
        .await
        .invalid_token(ErrorKind::UnknownKey);
    let forged = tower_jwt_auth::testing::TestKey::generate(Algorithm::ES256)
        .with_key_id(default_key().key_id());
    send(&layer, &token_of(&forged).sign())
        .await
        .invalid_token(ErrorKind::InvalidSignature);
    send(&layer, &format!("{0}, Bearer {0}", token().sign()))
        .await
        .invalid_request();
    send(&layer, "a.b.c")
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

#[tokio::test]
async fn a_cached_token_is_not_offloaded() {
    let layer = offloading(builder())
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap();
    let token = token().sign();
    ask(&layer, bearer(&token)).await.accepted();
    assert!(is_ready_at_once(&layer, &token));
}

#[tokio::test]
async fn a_token_that_is_rejected_for_its_header_is_not_offloaded() {
    let layer = builder()
        .offload([Algorithm::HS256, Algorithm::ES256])
        .build()
        .unwrap();
    assert!(
        is_ready_at_once(&layer, &token_of(key(Algorithm::HS256)).sign()),
        "an algorithm that is not allowed"
    );
    assert!(
        is_ready_at_once(&layer, &token().header("typ", "dpop+jwt").sign()),
        "another type"
    );
    assert!(!is_ready_at_once(&layer, &token().sign()));
}

fn is_ready_at_once(layer: &JwtAuthLayer, token: &str) -> bool {
    let inner = tower::service_fn(async |_: http::Request<()>| {
        Ok::<_, Infallible>(http::Response::new(()))
    });
    let response = tower::Service::call(&mut tower::Layer::layer(layer, inner), bearer(token));
    futures::FutureExt::now_or_never(response).is_some()
}

#[test]
fn without_a_runtime_a_token_is_verified_on_the_same_thread() {
    let claims = block_on(authenticator().authenticate(&token().sign())).unwrap();
    assert_eq!(claims.0, thread::current().id());
}

static READING: AtomicUsize = AtomicUsize::new(0);
static MAX_READING: AtomicUsize = AtomicUsize::new(0);

#[derive(Deserialize)]
#[serde(from = "Value")]
struct Slow;

impl From<Value> for Slow {
    fn from(_: Value) -> Self {
        MAX_READING.fetch_max(READING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(5));
        READING.fetch_sub(1, Ordering::SeqCst);
        Self
    }
}

#[tokio::test]
async fn no_more_tokens_are_verified_at_a_time_than_there_are_cores() {
    let authenticator: Authenticator<Slow> = offloading(Authenticator::builder(issuer()).claims())
        .build_authenticator()
        .unwrap();
    let tokens: Vec<_> = (0..64).map(|_| token().sign()).collect();
    let outcomes = join_all(tokens.iter().map(|token| authenticator.authenticate(token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let max = MAX_READING.load(Ordering::SeqCst);
    assert!(
        (1..=thread::available_parallelism().unwrap().get()).contains(&max),
        "{max}"
    );
}

static IS_OPEN: Mutex<bool> = Mutex::new(false);
static GATE: Condvar = Condvar::new();

/// Waits until the gate is open.
#[derive(Deserialize)]
#[serde(from = "Value")]
struct Gated;

impl From<Value> for Gated {
    fn from(_: Value) -> Self {
        drop(GATE.wait_while(IS_OPEN.lock().unwrap(), |is_open| !*is_open));
        Self
    }
}

#[tokio::test]
async fn ten_thousand_tokens_may_wait_and_further_ones_get_retry_after() {
    let secret = key(Algorithm::HS256);
    let issuer = Issuer::from_keys(ISSUER, key_set([secret]), AUDIENCE);
    let authenticator: Authenticator<Gated> = offloading(Authenticator::builder(issuer).claims())
        .offload([Algorithm::HS256])
        .offload_timeout(Duration::from_secs(60))
        .build_authenticator()
        .unwrap();
    let (token, cores) = (
        token_of(secret).sign(),
        thread::available_parallelism().unwrap().get(),
    );
    let check = || {
        let (authenticator, token) = (authenticator.clone(), token.clone());
        tokio::spawn(async move { authenticator.authenticate(&token).await.map(drop) })
    };
    let checks: Vec<_> = (0..cores + 10_000 + 3).map(|_| check()).collect();
    // Lets each task run until it waits. Several dozen run between two polls of this one.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let rejected_at_once = checks.iter().filter(|check| check.is_finished()).count();
    *IS_OPEN.lock().unwrap() = true;
    GATE.notify_all();
    assert_eq!(rejected_at_once, 3);
    let outcomes = join_all(checks).await.into_iter().map(Result::unwrap);
    let rejected: Vec<_> = outcomes.filter_map(Result::err).collect();
    assert_eq!(rejected.len(), 3);
    for error in rejected {
        assert_eq!(
            (error.kind(), error.retry_after()),
            (ErrorKind::CheckUnavailable, Some(Duration::from_secs(1)))
        );
    }
}

#[derive(Deserialize)]
#[serde(from = "Value")]
struct Panics;

impl From<Value> for Panics {
    fn from(_: Value) -> Self {
        panic!("the claims type panics")
    }
}

#[tokio::test]
async fn a_panic_of_the_users_type_reaches_the_caller() {
    let authenticator: Authenticator<Panics> =
        offloading(Authenticator::builder(issuer()).claims())
            .build_authenticator()
            .unwrap();
    let token = token().sign();
    let outcome =
        tokio::spawn(async move { authenticator.authenticate(&token).await.is_ok() }).await;
    assert!(outcome.unwrap_err().is_panic());
}
