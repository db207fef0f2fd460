//! Cached tokens are rejected once their key has left the set.

use std::sync::{Arc, Mutex};

use tower_jwt_auth::testing::{Rotation, TestIssuer, TestKey};
use tower_jwt_auth::{
    Algorithm, ErrorKind, Issuer, KeyQuery, KeySet, KeySource, Keys, KeysFuture, TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};
use crate::token_cache::{is_same, kind, public, token, with_token_cache};

/// A key source whose keys can be replaced or removed.
#[derive(Clone)]
struct TestSource(Arc<Mutex<Option<Arc<KeySet>>>>);

impl TestSource {
    fn new(keys: KeySet) -> Self {
        Self(Arc::new(Mutex::new(Some(Arc::new(keys)))))
    }

    fn set(&self, keys: Option<KeySet>) {
        *self.0.lock().unwrap() = keys.map(Arc::new);
    }
}

impl KeySource for TestSource {
    fn current(&self) -> Option<Keys<'_>> {
        self.0.lock().unwrap().clone().map(Keys::from)
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        // Succeeds also without keys, which an authenticator reports as an outage.
        Box::pin(std::future::ready(Ok(())))
    }
}

#[tokio::test]
async fn a_cached_token_is_rejected_after_its_key_was_removed() {
    let source = TestSource::new(public(default_key()));
    let issuer = Issuer::from_key_source(ISSUER, source.clone(), AUDIENCE);
    let authenticator = with_token_cache(issuer).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    source.set(Some(public(&TestKey::generate(Algorithm::ES256))));
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::UnknownKey)
    );
}

#[tokio::test]
async fn a_cached_token_is_rejected_after_its_key_was_replaced_under_the_same_id() {
    let source = TestSource::new(public(default_key()));
    let issuer = Issuer::from_key_source(ISSUER, source.clone(), AUDIENCE);
    let authenticator = with_token_cache(issuer).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    source.set(Some(public(
        &TestKey::generate(Algorithm::ES256).with_key_id(default_key().key_id()),
    )));
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::InvalidSignature)
    );
}

#[tokio::test]
async fn a_cached_token_is_not_accepted_while_there_are_no_keys() {
    let source = TestSource::new(public(default_key()));
    let issuer = Issuer::from_key_source(ISSUER, source.clone(), AUDIENCE);
    let authenticator = with_token_cache(issuer).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    source.set(None);
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::KeysUnavailable)
    );
}

#[tokio::test]
async fn cached_tokens_stay_if_the_fetched_set_is_unchanged_and_are_rejected_if_their_key_is_gone()
{
    let issuer = TestIssuer::start().await.unwrap();
    let configured = Issuer::discovery(issuer.issuer(), AUDIENCE);
    let authenticator: tower_jwt_auth::Authenticator =
        tower_jwt_auth::Authenticator::builder(configured)
            .token_cache(TokenCacheSettings::default())
            .build_authenticator()
            .unwrap();
    let token = issuer.token().sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    authenticator.prefetch().await.unwrap();
    assert!(
        is_same(&first, &authenticator.authenticate(&token).await.unwrap()),
        "the fetched set is unchanged"
    );
    issuer.rotate(Rotation::Hard);
    authenticator.prefetch().await.unwrap();
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::UnknownKey)
    );
}
