//! Tokens without `kid`, and how many keys are tried for them.

use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, ConfigErrorKind, ErrorKind, HttpClient, Issuer, JwksCacheSettings,
    KeySet,
};

use crate::support::{AUDIENCE, ISSUER, tokio};

fn keys(count: usize) -> Vec<TestKey> {
    let key = |index| TestKey::generate(Algorithm::ES256).with_key_id(format!("{index:02}"));
    (0..count).map(key).collect()
}

fn jwks(keys: &[TestKey]) -> String {
    let keys: Vec<_> = keys.iter().map(TestKey::jwk).collect();
    json!({ "keys": keys }).to_string()
}

fn fixed(set: KeySet) -> Authenticator {
    let issuer = Issuer::from_keys(ISSUER, set, AUDIENCE);
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

fn fetched(keys: &[TestKey], settings: JwksCacheSettings) -> Authenticator {
    let body = jwks(keys);
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let body = Full::<Bytes>::from(body.clone());
        async { Ok::<_, io::Error>(Response::new(body)) }
    }));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
        .http_client(client)
        .jwks_cache(settings);
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

fn without_id(key: &TestKey) -> String {
    let token = key.token().issuer(ISSUER).audience(AUDIENCE);
    token.without_header("kid").sign()
}

async fn kind(authenticator: &Authenticator, token: &str) -> Option<ErrorKind> {
    let outcome = authenticator.authenticate(token).await;
    outcome.err().map(|error| error.kind())
}

async fn accepted(authenticator: &Authenticator, keys: &[TestKey]) -> usize {
    let mut accepted = 0;
    for key in keys {
        match kind(authenticator, &without_id(key)).await {
            None => accepted += 1,
            Some(kind) => assert_eq!(kind, ErrorKind::TooManyKeys),
        }
    }
    accepted
}

#[tokio::test]
async fn all_of_six_keys_are_tried() {
    let keys = keys(6);
    let set = KeySet::from_json(&jwks(&keys)).unwrap();
    assert_eq!(accepted(&fixed(set), &keys).await, 6);
    let fetched = fetched(&keys, JwksCacheSettings::default());
    assert_eq!(accepted(&fetched, &keys).await, 6);
}

#[tokio::test]
async fn keys_are_tried_up_to_the_bound() {
    let ten = keys(10);
    // Clones share which key has verified last.
    let set = || KeySet::from_json(&jwks(&ten)).unwrap();
    assert_eq!(accepted(&fixed(set()), &ten[..8]).await, 8);
    for max in [1, 3, 10, 128] {
        let first = &ten[..max.min(10)];
        let set = set().with_max_candidates(max).unwrap();
        assert_eq!(accepted(&fixed(set), first).await, first.len(), "{max}");
        let settings = JwksCacheSettings::default().max_candidates(max);
        let fetched = fetched(&ten, settings);
        assert_eq!(accepted(&fetched, first).await, first.len(), "{max}");
    }
}

#[test]
fn a_bound_of_none_or_of_more_keys_than_a_set_has_is_rejected() {
    let set = KeySet::from_json(&jwks(&keys(1))).unwrap();
    for max in [0, 129, usize::MAX] {
        let error = set.clone().with_max_candidates(max).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        let error = error.to_string();
        assert!(
            error.contains(&format!("max_candidates is {max}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn beyond_the_bound_the_error_is_another_than_that_of_an_invalid_signature() {
    let stranger = TestKey::generate(Algorithm::ES256);
    for (count, expected) in [
        (8, ErrorKind::InvalidSignature),
        (9, ErrorKind::TooManyKeys),
    ] {
        let set = KeySet::from_json(&jwks(&keys(count))).unwrap();
        let error = fixed(set).authenticate(&without_id(&stranger)).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), expected, "{count}");
    }
}

/// Keys of other algorithms don't count, and a token that names its key is not affected.
#[tokio::test]
async fn only_keys_that_fit_the_algorithm_count() {
    let mut all = keys(9);
    let other = TestKey::generate(Algorithm::Ed25519);
    all.push(other.clone());
    let authenticator = fixed(KeySet::from_json(&jwks(&all)).unwrap());
    assert_eq!(kind(&authenticator, &without_id(&other)).await, None);
    let named = all[8].token().issuer(ISSUER).audience(AUDIENCE).sign();
    assert_eq!(kind(&authenticator, &named).await, None);
    assert_eq!(
        kind(&authenticator, &without_id(&all[8])).await,
        Some(ErrorKind::TooManyKeys)
    );
}

/// The bound on the keys is also one on those of one id.
#[tokio::test]
async fn keys_of_one_id_are_tried_up_to_the_bound() {
    let same: Vec<_> = keys(9)
        .into_iter()
        .map(|key| key.with_key_id("same"))
        .collect();
    let authenticator = fixed(KeySet::from_json(&jwks(&same)).unwrap());
    let mut accepted = 0;
    for key in &same[..8] {
        let token = key.token().issuer(ISSUER).audience(AUDIENCE).sign();
        accepted += usize::from(kind(&authenticator, &token).await.is_none());
    }
    assert_eq!(accepted, 8);
}
