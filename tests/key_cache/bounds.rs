//! What is kept and who waits: never more than a bound says. Those in time are tested where they
//! belong.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer, JwksCacheSettings, Key, KeySet};

use crate::mock::{AUDIENCE, Answer, ISSUER, JWKS_URI, Mock, kind};

fn jwks(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// The same public key under many names.
fn namesakes(count: usize) -> Vec<Value> {
    let key = TestKey::generate(Algorithm::Ed25519);
    (0..count)
        .map(|number| key.clone().with_key_id(format!("key-{number}")).jwk())
        .collect()
}

#[test]
fn a_set_holds_128_keys_and_says_which_of_the_others_it_skipped() {
    let set = KeySet::from_json(&jwks(&namesakes(300))).unwrap();
    assert_eq!(
        (set.keys().count(), set.skipped().len()),
        (128, 128),
        "so many are named, the rest is left out"
    );
    assert!(set.keys().any(|key| key.key_id() == Some("key-127")));
    assert_eq!(set.skipped()[0].key_id(), Some("key-128"));
    assert_eq!(
        KeySet::from_json(&jwks(&namesakes(128))).unwrap().skipped(),
        []
    );
}

#[test]
fn a_key_id_has_512_bytes_and_a_skipped_one_is_named_up_to_64() {
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

#[tokio::test]
async fn four_keys_are_tried_for_one_token() {
    let keys: Vec<_> = (0..6)
        .map(|_| TestKey::generate(Algorithm::ES256).with_key_id("same"))
        .collect();
    let set = KeySet::from_json(&jwks(&keys.iter().map(TestKey::jwk).collect::<Vec<_>>())).unwrap();
    let issuer = Issuer::from_keys(ISSUER, set, AUDIENCE);
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    let tokens: Vec<_> = keys
        .iter()
        .map(|key| key.token().issuer(ISSUER).audience(AUDIENCE).sign())
        .collect();
    let outcomes = join_all(tokens.iter().map(|token| authenticator.authenticate(token))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_a_mebibyte_is_taken_and_no_longer_one() {
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
async fn an_entity_tag_has_256_bytes() {
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
async fn so_many_may_wait_and_one_more_is_rejected_at_once() {
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
    assert!(third.is_err(), "who goes away makes room");
    assert_eq!(kind(second.await), Some(ErrorKind::KeysUnavailable));
    mock.answer(Answer::Keys);
    sleep(Duration::from_secs(10)).await;
    assert!(authenticator.authenticate(&token).await.is_ok());
    let outcomes = join_all((0..100).map(|_| authenticator.authenticate(&token))).await;
    assert!(
        outcomes.iter().all(Result::is_ok),
        "with the cached keys no one waits"
    );
}

#[tokio::test(start_paused = true)]
async fn of_ten_thousand_and_one_the_last_is_rejected() {
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

/// Used once, each of these: whether it was still cached.
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
async fn so_many_ids_of_single_use_tokens_are_cached_and_for_moments_a_few_more() {
    let mock = Mock::new();
    let authenticator = mock
        .builder(JwksCacheSettings::default())
        .reject_replays(100)
        .build_authenticator()
        .unwrap();
    let tokens: Vec<_> = (0..1000).map(|_| mock.token()).collect();
    assert_eq!(replayed(&authenticator, &tokens).await, [false; 1000]);
    // The last ones are, and none that came before one that is not. moka counts what comes 64 at a
    // time.
    let cached = replayed(&authenticator, tokens.iter().rev()).await;
    let last = cached.iter().take_while(|replayed| **replayed).count();
    assert!((100..=100 + 64).contains(&last), "{last}");
    assert!(!cached[last..].contains(&true));
}

#[tokio::test]
async fn the_id_that_was_unseen_for_the_longest_is_forgotten_first() {
    let mock = Mock::new();
    let authenticator = mock
        .builder(JwksCacheSettings::default())
        .reject_replays(200)
        .build_authenticator()
        .unwrap();
    let tokens: Vec<_> = (0..400).map(|_| mock.token()).collect();
    assert_eq!(replayed(&authenticator, &tokens[..200]).await, [false; 200]);
    assert_eq!(
        replayed(&authenticator, &tokens[..1]).await,
        [true],
        "it is tried again"
    );
    assert_eq!(
        replayed(&authenticator, &tokens[200..300]).await,
        [false; 100]
    );
    assert_eq!(replayed(&authenticator, &tokens[..2]).await, [true, false]);
}

#[tokio::test]
async fn a_single_use_token_that_lives_for_ages_is_used_once() {
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
