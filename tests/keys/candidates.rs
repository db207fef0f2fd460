//! Tokens without `kid`, and how many keys are tried for them.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, Clock, ConfigErrorKind, ErrorKind, HttpClient, Issuer, Issuers,
    JwksCacheSettings, Key, KeyQuery, KeySet, KeySource, Keys, KeysFuture, Tenants,
};

use crate::support::{AUDIENCE, ISSUER, default_key, key_set, tokio};

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
    let other_key = TestKey::generate(Algorithm::ES256);
    for (count, expected) in [
        (8, ErrorKind::InvalidSignature),
        (9, ErrorKind::TooManyKeys),
    ] {
        let set = KeySet::from_json(&jwks(&keys(count))).unwrap();
        let error = fixed(set).authenticate(&without_id(&other_key)).await;
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

/// A clock that counts how often it is read: once for each pass over a token.
#[derive(Clone, Debug, Default)]
struct Passes(Arc<AtomicUsize>);

impl Clock for Passes {
    fn now(&self) -> SystemTime {
        self.0.fetch_add(1, Ordering::Relaxed);
        SystemTime::now()
    }
}

/// A source whose refresh brings these keys.
struct Refreshed {
    before: KeySet,
    after: KeySet,
    has_new: Arc<AtomicBool>,
}

impl KeySource for Refreshed {
    fn current(&self) -> Option<Keys<'_>> {
        let has_new = self.has_new.load(Ordering::Relaxed);
        Some(Keys::from(if has_new { &self.after } else { &self.before }))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        self.has_new.store(true, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn keys_are_tried_again_only_if_a_refresh_brought_others() {
    let bare = |key: &TestKey| {
        let mut jwk = key.jwk();
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    };
    let (known, other_key) = (
        keys(3),
        TestKey::generate(Algorithm::ES256).with_key_id("x"),
    );
    let jwks: Vec<_> = known.iter().map(bare).collect();
    let before = KeySet::from_json(&json!({ "keys": jwks }).to_string()).unwrap();
    let own = KeySet::from_json(&json!({ "keys": [other_key.jwk()] }).to_string()).unwrap();
    let token = other_key.token().issuer(ISSUER).audience(AUDIENCE).sign();
    for (after, expected) in [
        (before.clone(), (Some(ErrorKind::UnknownKey), 1)),
        (own, (None, 2)),
    ] {
        let passes = Passes::default();
        let source = Refreshed {
            before: before.clone(),
            after,
            has_new: Arc::default(),
        };
        let issuer = Issuer::from_key_source(ISSUER, source, AUDIENCE);
        let authenticator: Authenticator = Authenticator::builder(issuer)
            .clock(passes.clone())
            .build_authenticator()
            .unwrap();
        let kind = kind(&authenticator, &token).await;
        let passes = passes.0.load(Ordering::Relaxed);
        assert_eq!((kind, passes.min(2)), expected);
    }
}

/// A source whose refresh adds an issuer, as a task of the service may do meanwhile.
struct Adding(Arc<OnceLock<Issuers>>, KeySet);

impl KeySource for Adding {
    fn current(&self) -> Option<Keys<'_>> {
        Some(Keys::from(&self.1))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        let keys = key_set([default_key()]);
        let added = self
            .0
            .get()
            .unwrap()
            .add(Issuer::from_keys(TENANT, keys, AUDIENCE));
        Box::pin(async move {
            added.unwrap();
            Ok(())
        })
    }
}

const TENANT: &str = "https://login.example/one";

#[tokio::test]
async fn a_token_of_an_issuer_that_was_added_during_the_refresh_is_accepted() {
    let issuers = Arc::new(OnceLock::new());
    let other: KeySet = [Key::from_jwk(&keys(1)[0].jwk().to_string()).unwrap()]
        .into_iter()
        .collect();
    let source = Adding(Arc::clone(&issuers), other);
    let all = Issuer::from_key_source("https://login.example/{tenant}", source, AUDIENCE)
        .tenants(Tenants::only(["one"]));
    let authenticator = Authenticator::builder(all).build_authenticator().unwrap();
    issuers.set(authenticator.issuers()).unwrap();
    let token = default_key()
        .token()
        .issuer(TENANT)
        .audience(AUDIENCE)
        .sign();
    assert_eq!(kind(&authenticator, &token).await, None);
}
