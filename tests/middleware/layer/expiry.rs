//! Futures and streams that end when the token expires, without gRPC.

use std::convert::Infallible;
use std::future::pending;
use std::time::{Duration, SystemTime};

use ::axum::Router;
use ::axum::body::Body;
use ::axum::routing::get;
use futures::{FutureExt as _, StreamExt as _, stream};
use http::Request;
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use tower::ServiceExt as _;
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{Claims, ErrorKind, Issuer, JwtAuthBuilder, JwtAuthLayer, until_expiry};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than every wait of these tests.
const LIMIT: Duration = Duration::from_secs(60 * 60);

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// Returns a builder whose clock stands still, far from the system's.
fn builder() -> JwtAuthBuilder {
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    JwtAuthLayer::builder(issuer).clock(TestClock::new(start()))
}

fn token(lifetime: Duration) -> String {
    let clock = TestClock::new(start());
    let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
    token.clock(&clock).expires_in(lifetime).sign()
}

async fn claims(lifetime: Duration) -> Claims {
    let authenticator = builder().build_authenticator().unwrap();
    authenticator.authenticate(&token(lifetime)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_the_token_expires_by_the_clock_of_the_layer() {
    let started = Instant::now();
    let ticks = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some(("tick", ()))
    });
    let mut ticks = Box::pin(until_expiry(ticks, &claims(MINUTE).await));
    let count = timeout(LIMIT, ticks.by_ref().count()).await.unwrap();
    assert!((58..=60).contains(&count), "{count}");
    assert!(ticks.is_expired());
    assert!(started.elapsed() <= MINUTE + Duration::from_millis(1));
    assert!(ticks.next().now_or_never().unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_future_is_dropped_when_the_token_expires() {
    let (held, released) = oneshot::channel::<()>();
    let started = Instant::now();
    let waiting = Box::pin(async move {
        let () = pending().await;
        drop(held);
    });
    let mut waiting = until_expiry(waiting, &claims(MINUTE).await).leeway(MINUTE);
    let error = timeout(LIMIT, &mut waiting).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert!(waiting.is_expired() && released.await.is_err());
    let lasted = started.elapsed();
    assert!(lasted > MINUTE && lasted <= 2 * MINUTE + Duration::from_millis(1));
}

#[tokio::test(start_paused = true)]
async fn what_ends_earlier_is_unchanged() {
    let claims = claims(MINUTE).await;
    let quick = until_expiry(Box::pin(async { "done" }), &claims);
    assert_eq!(quick.await.unwrap(), "done");
    let mut short = until_expiry(stream::iter([1, 2]), &claims);
    let items: Vec<_> = short.by_ref().collect().await;
    assert_eq!(items, [1, 2]);
    assert!(!short.is_expired());
}

#[tokio::test(start_paused = true)]
async fn what_is_always_ready_ends_at_once_if_the_token_has_expired_within_the_leeway() {
    let late = claims(Duration::ZERO).await;
    let mut busy = until_expiry(stream::repeat(1), &late);
    assert!(busy.next().await.is_none() && busy.is_expired());
    let late = until_expiry(Box::pin(async {}), &late).await;
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Expired);
}

#[tokio::test]
#[should_panic = "`UntilExpiry` polled after completion"]
async fn a_future_that_is_polled_after_completion_panics() {
    let mut done = until_expiry(Box::pin(async {}), &claims(MINUTE).await);
    (&mut done).await.unwrap();
    let _ = (&mut done).await;
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_response_ends_with_the_token_of_its_request() {
    async fn ticks(claims: Claims) -> Body {
        let ticks = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Some((Ok::<_, Infallible>("tick"), ()))
        });
        Body::from_stream(until_expiry(ticks, &claims))
    }
    let auth = builder().build().unwrap();
    let app = Router::new().route("/", get(ticks)).layer(auth);
    let request = Request::get("/").header("authorization", format!("Bearer {}", token(MINUTE)));
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
    let body = timeout(LIMIT, response.unwrap().into_body().collect()).await;
    let body = body.unwrap().unwrap().to_bytes();
    assert_eq!(body, "tick".repeat(5));
}

// In a task that never waits, the timer of the runtime never fires.
#[tokio::test]
async fn a_stream_that_is_always_ready_ends_when_the_token_expires() {
    let second = Duration::from_secs(1);
    let mut ready = until_expiry(stream::repeat("tick"), &claims(second).await);
    let start = std::time::Instant::now();
    while ready.next().await.is_some() {
        assert!(start.elapsed() < 20 * second, "it does not end");
    }
    assert!(ready.is_expired());
}
