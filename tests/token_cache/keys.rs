//! A key that leaves its set takes its tokens along.

use std::sync::{Arc, Mutex};

use tower_jwt_auth::testing::{Rotation, TestIssuer, TestKey};
use tower_jwt_auth::{
    Algorithm, ErrorKind, Issuer, KeyQuery, KeySet, KeySource, Keys, KeysFuture, TokenCacheSettings,
};

use crate::{AUDIENCE, ISSUER, key, kind, public, remembering, same, token};

/// Keys that can be exchanged, or be gone.
#[derive(Clone)]
struct Changing(Arc<Mutex<Option<Arc<KeySet>>>>);

impl Changing {
    fn new(keys: KeySet) -> Self {
        Self(Arc::new(Mutex::new(Some(Arc::new(keys)))))
    }

    fn set(&self, keys: Option<KeySet>) {
        *self.0.lock().unwrap() = keys.map(Arc::new);
    }
}

impl KeySource for Changing {
    fn current(&self) -> Option<Keys<'_>> {
        self.0.lock().unwrap().clone().map(Keys::from)
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        // With or without keys: a source that has none then is out of order.
        Box::pin(std::future::ready(Ok(())))
    }
}

#[tokio::test]
async fn a_removed_key_takes_its_tokens_along() {
    let source = Changing::new(public(key()));
    let issuer = Issuer::from_key_source(ISSUER, source.clone(), AUDIENCE);
    let authenticator = remembering(issuer).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    source.set(Some(public(&TestKey::generate(Algorithm::ES256))));
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::UnknownKey)
    );
}

#[tokio::test]
async fn a_key_replaced_under_the_same_id_takes_its_tokens_along() {
    let source = Changing::new(public(key()));
    let issuer = Issuer::from_key_source(ISSUER, source.clone(), AUDIENCE);
    let authenticator = remembering(issuer).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    source.set(Some(public(
        &TestKey::generate(Algorithm::ES256).with_key_id(key().key_id()),
    )));
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::InvalidSignature)
    );
}

#[tokio::test]
async fn without_keys_what_was_verified_is_not_accepted_either() {
    let source = Changing::new(public(key()));
    let issuer = Issuer::from_key_source(ISSUER, source.clone(), AUDIENCE);
    let authenticator = remembering(issuer).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    source.set(None);
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::KeysUnavailable)
    );
}

#[tokio::test]
async fn a_key_removed_by_the_issuer_takes_its_tokens_along_and_an_unchanged_set_keeps_them() {
    let issuer = TestIssuer::start().await.unwrap();
    let trusted = Issuer::discovery(issuer.issuer(), AUDIENCE);
    let authenticator: tower_jwt_auth::Authenticator =
        tower_jwt_auth::Authenticator::builder(trusted)
            .token_cache(TokenCacheSettings::default())
            .build_authenticator()
            .unwrap();
    let token = issuer.token().sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    authenticator.prefetch().await.unwrap();
    assert!(
        same(&first, &authenticator.authenticate(&token).await.unwrap()),
        "the same set was fetched again"
    );
    issuer.rotate(Rotation::Hard);
    authenticator.prefetch().await.unwrap();
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::UnknownKey)
    );
}
