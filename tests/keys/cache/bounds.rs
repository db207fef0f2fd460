//! The bounds on what is cached and on how many requests wait. Bounds on times are tested in the
//! other modules.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer, JwksCacheSettings, Key, KeySet};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, JWKS_URI, Mock, kind};
use crate::support::tokio;

fn jwks(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Returns JWKs of one public key under `count` key ids.
fn one_key_as(count: usize) -> Vec<Value> {
    let key = TestKey::generate(Algorithm::Ed25519);
    (0..count)
        .map(|number| key.clone().with_key_id(format!("key-{number}")).jwk())
        .collect()
}

#[test]
fn a_set_holds_128_keys_and_lists_128_skipped_ones() {
    let set = KeySet::from_json(&jwks(&one_key_as(300))).unwrap();
    assert_eq!(
        (set.keys().count(), set.skipped().len()),
        (128, 128),
        "44 of the 172 skipped keys are not listed"
    );
    assert!(set.keys().any(|key| key.key_id() == Some("key-127")));
    assert_eq!(set.skipped()[0].key_id(), Some("key-128"));
    assert_eq!(
        KeySet::from_json(&jwks(&one_key_as(128)))
            .unwrap()
            .skipped(),
        []
    );
}

#[test]
fn a_key_id_has_at_most_512_bytes_and_that_of_a_skipped_key_64() {
    let key = |length| {
        TestKey::generate(Algorithm::ES256)
            .with_key_id("k".repeat(length))
            .jwk()
    };
    assert!(Key::from_jwk(&key(512).to_string()).is_ok());
    assert!(Key::from_jwk(&key(513).to_string()).is_err());
    let mut named = key(64);
    named["use"] = json!("enc");
    let set = KeySet::from_json(&jwks(&[key(1), key(513), named])).unwrap();
    let named: Vec<_> = set
        .skipped()
        .iter()
        .map(|skipped| skipped.key_id().map(str::len))
        .collect();
    assert_eq!(named, [None, Some(64)]);
}

#[tokio::test(start_paused = true)]
async fn a_response_body_is_accepted_up_to_a_mebibyte_or_max_body_len() {
    for (limit, settings) in [
        (1024 * 1024, JwksCacheSettings::default()),
        (2000, JwksCacheSettings::default().max_body_len(2000)),
    ] {
        for (length, expected) in [(limit, None), (limit + 1, Some(ErrorKind::KeysUnavailable))] {
            let mock = Mock::new();
            let set = mock.jwks();
            mock.page(JWKS_URI, format!("{}{set}", " ".repeat(length - set.len())));
            let authenticator = mock
                .builder(settings.clone())
                .build_authenticator()
                .unwrap();
            assert_eq!(
                kind(authenticator.authenticate(&mock.token()).await),
                expected,
                "{length} of {limit}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_entity_tag_is_used_up_to_256_bytes() {
    for (length, sent) in [(256, true), (257, false)] {
        let mock = Mock::new();
        mock.header("etag", &format!("\"{}\"", "e".repeat(length - 2)));
        let authenticator = mock.authenticator();
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
        assert_eq!(
            kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
            Some(ErrorKind::UnknownKey)
        );
        assert_eq!(
            (
                mock.fetches(),
                mock.last_headers().contains_key("if-none-match")
            ),
            (2, sent)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_id_is_cached_up_to_128_bytes() {
    for (length, fetches) in [(128, 1), (129, 2)] {
        let mock = Mock::new();
        let authenticator = mock.authenticator();
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
        let unknown_key = TestKey::generate(Algorithm::ES256).with_key_id("k".repeat(length));
        for _ in 0..2 {
            let token = unknown_key.token().issuer(ISSUER).audience(AUDIENCE).sign();
            assert_eq!(
                kind(authenticator.authenticate(&token).await),
                Some(ErrorKind::UnknownKey)
            );
        }
        assert_eq!(mock.fetches() - 1, fetches, "{length}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_max_waiters_requests_waiting_one_more_is_rejected_at_once() {
    let mock = Mock::new();
    mock.answer(Answer::Hang);
    let settings = JwksCacheSettings::default().max_waiters(2);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let token = mock.token();
    let (mut first, mut second) = (
        Box::pin(authenticator.authenticate(&token)),
        Box::pin(authenticator.authenticate(&token)),
    );
    assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
    let start = Instant::now();
    let rejected = authenticator.authenticate(&token).await.unwrap_err();
    assert_eq!(
        (rejected.kind(), start.elapsed()),
        (ErrorKind::KeysUnavailable, Duration::ZERO)
    );
    assert!(rejected.retry_after().is_some());
    drop(first);
    let third = timeout(
        Duration::from_millis(100),
        authenticator.authenticate(&token),
    )
    .await;
    assert!(
        third.is_err(),
        "a cancelled request frees its permit, so the third one waits"
    );
    assert_eq!(kind(second.await), Some(ErrorKind::KeysUnavailable));
    mock.answer(Answer::Keys);
    sleep(Duration::from_secs(10)).await;
    assert!(authenticator.authenticate(&token).await.is_ok());
    let outcomes = join_all((0..100).map(|_| authenticator.authenticate(&token))).await;
    assert!(
        outcomes.iter().all(Result::is_ok),
        "with cached keys no request waits"
    );
}

#[tokio::test(start_paused = true)]
async fn by_default_ten_thousand_requests_wait_and_one_more_is_rejected() {
    let mock = Mock::new();
    mock.delay(Duration::from_secs(1));
    let authenticator = mock.authenticator();
    let token = mock.token();
    let outcomes = join_all((0..10_001).map(|_| authenticator.authenticate(&token))).await;
    assert!(outcomes[..10_000].iter().all(Result::is_ok));
    assert_eq!(
        outcomes[10_000]
            .as_ref()
            .err()
            .map(tower_jwt_auth::Error::kind),
        Some(ErrorKind::KeysUnavailable)
    );
}

/// Authenticates each token once, and returns for each whether it was rejected as replayed.
async fn replayed(
    authenticator: &Authenticator,
    tokens: impl IntoIterator<Item = &String>,
) -> Vec<bool> {
    let mut replayed = Vec::new();
    for token in tokens {
        let outcome = kind(authenticator.authenticate(token).await);
        assert!(
            matches!(outcome, None | Some(ErrorKind::Replayed)),
            "{outcome:?}"
        );
        replayed.push(outcome.is_some());
    }
    replayed
}

#[tokio::test]
async fn the_ids_of_used_tokens_are_stored_up_to_the_limit_and_none_is_evicted() {
    let mock = Mock::new();
    let authenticator = mock
        .builder(JwksCacheSettings::default())
        .reject_replays(100)
        .build_authenticator()
        .unwrap();
    let tokens: Vec<_> = (0..200).map(|_| mock.token()).collect();
    assert_eq!(replayed(&authenticator, &tokens[..100]).await, [false; 100]);
    for token in &tokens[100..] {
        let outcome = kind(authenticator.authenticate(token).await);
        assert_eq!(outcome, Some(ErrorKind::CheckUnavailable));
    }
    assert_eq!(replayed(&authenticator, &tokens[..100]).await, [true; 100]);
}

#[tokio::test]
async fn a_token_that_expires_in_the_year_9999_is_accepted_only_once() {
    let key = TestKey::generate(Algorithm::ES256);
    let issuer = Issuer::from_keys(
        ISSUER,
        Key::from_jwk(&key.jwk().to_string()).unwrap(),
        AUDIENCE,
    );
    let builder = Authenticator::builder(issuer).reject_replays(u64::MAX);
    let authenticator = builder.build_authenticator().unwrap();
    let token = key
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .claim("exp", 253_402_300_799_u64)
        .sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::Replayed)
    );
}
