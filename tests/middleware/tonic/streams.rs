//! Streams of every kind, which end when the token expires.

use std::time::{Duration, SystemTime};

use futures::{StreamExt as _, stream};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tonic::{Code, Status};
use tower_jwt_auth::Claims;
use tower_jwt_auth::tonic::until_expiry;

use crate::support::tokio;
use crate::tonic::support::{builder, protected, token};

const MINUTE: Duration = Duration::from_secs(60);

async fn claims(lifetime: Duration) -> Claims {
    let authenticator = builder().build_authenticator().unwrap();
    authenticator
        .authenticate(&token().expires_in(lifetime).sign())
        .await
        .unwrap()
}

fn unix_now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_secs()
}

#[track_caller]
fn assert_expired(status: &Status) {
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unauthenticated, "the access token has expired")
    );
}

fn said(words: &'static [&'static str]) -> impl stream::Stream<Item = String> + Send + 'static {
    stream::iter(words).map(ToString::to_string)
}

#[tokio::test]
async fn a_client_stream_is_read_to_its_end() {
    let (anonymous, _) = protected().await;
    let answer = anonymous
        .with_token(&token().sign())
        .greet(said(&["bob", "carol"]))
        .await
        .unwrap();
    assert_eq!(answer.into_inner(), "hello bob and carol, from alice");
}

#[tokio::test]
async fn a_bidirectional_stream_responds_and_ends() {
    let (anonymous, _) = protected().await;
    let answers = anonymous
        .with_token(&token().sign())
        .chat(said(&["a", "b"]))
        .await
        .unwrap()
        .into_inner();
    let answers: Vec<_> = answers.map(Result::unwrap).collect().await;
    assert_eq!(answers, ["alice said a", "alice said b"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_stream_ends_when_the_token_expires() {
    let (anonymous, _) = protected().await;
    let ticks = anonymous
        .with_token(&token().expires_in(MINUTE).sign())
        .ticks()
        .await
        .unwrap()
        .into_inner();
    let (ticks, mut ends): (Vec<_>, Vec<_>) = ticks
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .partition(Result::is_ok);
    // `exp` has whole seconds, so up to one second of the minute has passed.
    assert!((58..=60).contains(&ticks.len()), "{}", ticks.len());
    assert_eq!(ticks[0].as_ref().unwrap(), "tick 1");
    assert_expired(&ends.pop().unwrap().unwrap_err());
    assert!(ends.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bidirectional_stream_of_a_silent_caller_ends_when_the_token_expires() {
    let (anonymous, pipe) = protected().await;
    let words = said(&["a"]).chain(stream::pending());
    let answers = anonymous
        .with_token(&token().expires_in(MINUTE).sign())
        .chat(words)
        .await
        .unwrap()
        .into_inner();
    let answers: Vec<_> = answers.collect().await;
    assert_eq!(answers.len(), 2);
    assert_expired(answers[1].as_ref().unwrap_err());
    assert!(
        anonymous.with_token(&token().sign()).hello().await.is_ok(),
        "the connection stays open"
    );
    assert_eq!(pipe.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_before_the_token_expires_is_unchanged() {
    let short = stream::iter([Ok("a"), Err(Status::aborted("b")), Ok("c")]);
    let items: Vec<_> = until_expiry(short, &claims(MINUTE).await).collect().await;
    assert_eq!(items.len(), 3);
    assert_eq!(items[1].as_ref().unwrap_err().code(), Code::Aborted);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_always_ready_ends_when_the_token_expires() {
    let start = Instant::now();
    let mut busy = until_expiry(
        stream::repeat_with(|| Ok::<_, Status>(())),
        &claims(MINUTE).await,
    );
    while busy.next().await.unwrap().is_ok() {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(start.elapsed() <= MINUTE + Duration::from_secs(1));
    assert!(busy.next().await.is_none(), "no item follows the error");
}

#[tokio::test(start_paused = true)]
async fn the_inner_stream_is_dropped_when_the_token_expires() {
    let (held, released) = oneshot::channel::<()>();
    let silent = stream::pending::<Result<(), Status>>().map(move |item| (item, &held).0);
    let mut silent = Box::pin(until_expiry(silent, &claims(MINUTE).await));
    assert_expired(&silent.next().await.unwrap().unwrap_err());
    assert!(
        released.await.is_err(),
        "the inner stream is dropped before the adapter"
    );
    assert!(silent.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_leeway_lengthens_the_stream() {
    let start = Instant::now();
    let silent = stream::pending::<Result<(), Status>>();
    let mut silent = until_expiry(silent, &claims(MINUTE).await).leeway(MINUTE);
    assert_expired(&silent.next().await.unwrap().unwrap_err());
    let lasted = start.elapsed();
    assert!(
        lasted > MINUTE + MINUTE / 2 && lasted <= 2 * MINUTE + Duration::from_millis(1),
        "{lasted:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_leeway_counts_from_the_expiry_of_a_token_and_the_last_one_set_is_used() {
    let start = Instant::now();
    let late = token().claim("exp", unix_now() - 50).sign();
    let authenticator = builder().build_authenticator().unwrap();
    let claims = authenticator.authenticate(&late).await.unwrap();
    let silent = stream::pending::<Result<(), Status>>();
    let mut silent = until_expiry(silent, &claims).leeway(MINUTE).leeway(MINUTE);
    assert_expired(&silent.next().await.unwrap().unwrap_err());
    let lasted = start.elapsed();
    assert!(
        lasted > Duration::from_secs(5) && lasted <= Duration::from_millis(10_001),
        "{lasted:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_stream_of_a_token_that_was_accepted_within_the_leeway_ends_at_once() {
    let late = claims(Duration::ZERO).await;
    let mut ready = until_expiry(stream::repeat_with(|| Ok::<_, Status>(())), &late);
    assert_expired(&ready.next().await.unwrap().unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn a_leeway_or_a_lifetime_out_of_range_does_no_harm() {
    let claims = claims(Duration::from_secs(1 << 36)).await;
    let mut stream =
        until_expiry(stream::iter([Ok::<_, Status>(1)]), &claims).leeway(Duration::MAX);
    assert_eq!(stream.next().await.unwrap().unwrap(), 1);
    assert!(stream.next().await.is_none());
}
