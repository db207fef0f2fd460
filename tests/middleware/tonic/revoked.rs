//! Streams that end when the token is revoked.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, stream};
use tonic::{Code, Status};
use tower_jwt_auth::tonic::until_expiry;
use tower_jwt_auth::{RevocationSettings, Revocations};

use crate::support::tokio;
use crate::support::{ISSUER, wait_for};
use crate::tonic::support::{builder, greeter, token};

#[tokio::test(start_paused = true)]
async fn server_streams_end_with_unauthenticated_when_their_token_is_revoked() {
    let list = Revocations::new();
    let client = greeter!(builder().revocations(&list).build().unwrap());
    let mut ticks = client
        .with_token(&token().expires_in(Duration::from_secs(600)).sign())
        .ticks()
        .await
        .unwrap()
        .into_inner();
    for _ in 0..3 {
        ticks.next().await.unwrap().unwrap();
    }
    list.revoke_subject(ISSUER, "bob").unwrap();
    ticks.next().await.unwrap().unwrap();
    list.revoke_subject(ISSUER, "alice").unwrap();
    let rest: Vec<_> = wait_for("the end", ticks.collect::<Vec<_>>()).await;
    let (end, before) = rest.split_last().unwrap();
    let status = end.as_ref().unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.message(), "the access token was revoked");
    // A tick that was on its way.
    assert!(before.len() <= 1 && before.iter().all(Result::is_ok));
    // Nor can it begin again.
    let again = client.with_token(&token().sign()).ticks().await;
    assert_eq!(again.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn the_status_is_the_last_item_and_the_stream_then_ends() {
    let settings = RevocationSettings::default().max_entries(1);
    let list = Revocations::with_settings(settings).unwrap();
    let authenticator = builder().revocations(&list).build_authenticator().unwrap();
    let claims = authenticator.authenticate(&token().sign()).await.unwrap();
    list.revoke_subject(ISSUER, "bob").unwrap();
    let mut ones = until_expiry(stream::repeat(Ok::<_, Status>(1)), &claims);
    assert_eq!(ones.next().await.unwrap().unwrap(), 1);
    // The list is full: whether the token is revoked is not known.
    list.revoke_subject(ISSUER, "alice").unwrap_err();
    let status = ones.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(ones.next().now_or_never().unwrap().is_none());
}
