//! Futures, streams and bodies that end when the token is revoked.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use ::axum::Router;
use ::axum::body::Body;
use ::axum::routing::get;
use futures::{FutureExt as _, StreamExt as _, stream};
use http::Request;
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{
    Claims, ErrorKind, Issuer, JwtAuthLayer, RevocationSettings, Revocations, until_expiry,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, NOW, at, default_key, public_key};

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than every wait of these tests.
const LIMIT: Duration = Duration::from_secs(60 * 60);

fn layer(list: &Revocations) -> JwtAuthLayer {
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    let builder = JwtAuthLayer::builder(issuer).clock(TestClock::new(at(NOW)));
    builder.revocations(list).build().unwrap()
}

fn token(subject: &str) -> String {
    let token = default_key().token().issuer(ISSUER).issued_at(at(NOW));
    token.subject(subject).expires_in(10 * MINUTE).sign()
}

async fn claims(list: &Revocations, subject: &str) -> Claims {
    let layer = layer(list);
    let authenticator = layer.authenticator();
    authenticator.authenticate(&token(subject)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_waiting_future_is_dropped_when_its_token_is_revoked_and_not_before() {
    let list = Revocations::new();
    let (held, mut released) = oneshot::channel::<()>();
    let waiting = async move {
        let () = pending().await;
        drop(held);
    };
    let claims = claims(&list, "alice").await;
    let waiting = tokio::spawn(async move {
        let mut waiting = until_expiry(Box::pin(waiting), &claims);
        let outcome = (&mut waiting).await;
        (outcome, waiting.is_revoked(), waiting.is_expired())
    });
    sleep(MINUTE).await;
    list.revoke_subject(ISSUER, "bob").unwrap();
    sleep(MINUTE).await;
    assert!(released.try_recv().is_err() && !waiting.is_finished());
    list.revoke_subject(ISSUER, "alice").unwrap();
    let (outcome, is_revoked, is_expired) = timeout(MINUTE, waiting).await.unwrap().unwrap();
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Revoked);
    assert!(is_revoked && !is_expired);
    assert!(released.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_always_ready_ends_when_its_token_is_revoked() {
    let list = Revocations::new();
    let claims = claims(&list, "alice").await;
    let mut ones = until_expiry(stream::repeat(1), &claims);
    for _ in 0..1000 {
        assert_eq!(ones.next().now_or_never(), Some(Some(1)));
    }
    list.revoke(&claims).unwrap();
    assert_eq!(ones.next().now_or_never(), Some(None));
    assert!(ones.is_revoked());
    assert_eq!(ones.error().unwrap().kind(), ErrorKind::Revoked);
    assert_eq!(ones.next().now_or_never(), Some(None));
}

#[tokio::test(start_paused = true)]
async fn what_begins_after_the_revocation_ends_at_once() {
    let list = Revocations::new();
    let claims = claims(&list, "alice").await;
    list.revoke_session(ISSUER, "other").unwrap();
    list.revoke_subject(ISSUER, "alice").unwrap();
    let ended = until_expiry(Box::pin(pending::<()>()), &claims).now_or_never();
    assert_eq!(ended.unwrap().unwrap_err().kind(), ErrorKind::Revoked);
}

#[tokio::test(start_paused = true)]
async fn without_a_list_nothing_ends_before_the_token_expires() {
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    let builder = JwtAuthLayer::builder(issuer).clock(TestClock::new(at(NOW)));
    let authenticator = builder.build_authenticator().unwrap();
    let claims = authenticator.authenticate(&token("alice")).await.unwrap();
    Revocations::new().revoke(&claims).unwrap();
    let ended = until_expiry(Box::pin(pending::<()>()), &claims);
    let ended = timeout(LIMIT, ended).await.unwrap().unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_full_list_ends_what_it_may_have_to_end() {
    let settings = RevocationSettings::default().max_entries(1);
    let list = Revocations::with_settings(settings).unwrap();
    let claims = claims(&list, "alice").await;
    let mut ones = until_expiry(stream::repeat(1), &claims);
    list.revoke_subject(ISSUER, "bob").unwrap();
    assert_eq!(ones.next().now_or_never(), Some(Some(1)));
    list.revoke_subject(ISSUER, "carol").unwrap_err();
    assert_eq!(ones.next().now_or_never(), Some(None));
    assert!(!ones.is_revoked() && !ones.is_expired());
    assert_eq!(ones.error().unwrap().kind(), ErrorKind::CheckUnavailable);
}

#[tokio::test(start_paused = true)]
async fn bodies_of_the_revoked_end_and_others_go_on() {
    let list = Revocations::new();
    let ticks = |claims: Claims| async move {
        let ticks = stream::unfold((), |()| async {
            sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, Infallible>("tick\n"), ()))
        });
        Body::from_stream(until_expiry(ticks, &claims))
    };
    let app = Router::new().route("/", get(ticks)).layer(layer(&list));
    let read = |subject: &'static str| {
        let authorization = format!("Bearer {}", token(subject));
        let request = Request::get("/").header("authorization", authorization);
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap());
        tokio::spawn(async move {
            let body = response.await.unwrap().into_body().collect().await;
            body.unwrap().to_bytes().len() / "tick\n".len()
        })
    };
    let (alice, bob) = (read("alice"), read("bob"));
    sleep(MINUTE + Duration::from_millis(500)).await;
    list.revoke_subject(ISSUER, "alice").unwrap();
    assert_eq!(timeout(LIMIT, alice).await.unwrap().unwrap(), 60);
    // Until the token expires.
    let bob = timeout(LIMIT, bob).await.unwrap().unwrap();
    assert!((598..=600).contains(&bob), "{bob}");
}
