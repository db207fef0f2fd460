//! Two issuers of one layer with the same secret, where a key source provides it: each could sign
//! tokens of the other.

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, KeyQuery, KeySet, KeySource, Keys,
    KeysFuture, TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, builder_for, key_set, send, token_of};

const OTHER: &str = "https://other.example";
const TEXT: &str = "issuers \"https://issuer.example\" and \"https://other.example\": must not \
                    share a secret, as each could sign tokens of the other";

/// A source whose keys can be replaced, as a file or a secret manager has them.
#[derive(Clone)]
struct Source(Arc<Mutex<Arc<KeySet>>>);

impl Source {
    fn of(key: &TestKey) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(key_set([key])))))
    }

    fn replace(&self, key: &TestKey) {
        *self.0.lock().unwrap() = Arc::new(key_set([key]));
    }
}

impl KeySource for Source {
    fn current(&self) -> Option<Keys<'_>> {
        Some(Keys::from(Arc::clone(&self.0.lock().unwrap())))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn secrets() -> [TestKey; 2] {
    [(); 2].map(|()| TestKey::generate(Algorithm::HS256))
}

fn from_source(name: &str, source: &Source) -> Issuer {
    Issuer::from_key_source(name, source.clone(), AUDIENCE).algorithms([Algorithm::HS256])
}

fn from_keys(name: &str, key: &TestKey) -> Issuer {
    Issuer::from_keys(name, key_set([key]), AUDIENCE)
}

fn token(name: &str, key: &TestKey) -> TokenBuilder {
    token_of(key).issuer(name)
}

#[test]
fn a_secret_that_a_source_shares_with_another_issuer_is_a_configuration_error() {
    let [secret, _] = secrets();
    let source = Source::of(&secret);
    for issuers in [
        [from_keys(ISSUER, &secret), from_source(OTHER, &source)],
        [from_source(ISSUER, &source), from_keys(OTHER, &secret)],
        [from_source(ISSUER, &source), from_source(OTHER, &source)],
    ] {
        let [one, two] = issuers;
        let error = builder_for(one).add_issuer(two).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::SharedSecret);
        assert_eq!(error.to_string(), TEXT);
    }
}

async fn assert_shared(layer: &JwtAuthLayer, token: &str) {
    let answer = send(layer, token).await;
    let error = answer.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("must not share a secret"), "{cause}");
}

#[tokio::test]
async fn a_secret_that_a_source_comes_to_share_is_rejected_while_it_does() {
    let [ours, theirs] = secrets();
    for caches in [false, true] {
        let source = Source::of(&theirs);
        let builder = builder_for(from_keys(ISSUER, &ours)).add_issuer(from_source(OTHER, &source));
        let layer = if caches {
            builder.token_cache(TokenCacheSettings::default()).build()
        } else {
            builder.build()
        };
        let layer = layer.unwrap();
        let (token_of_ours, token_of_theirs) =
            (token(ISSUER, &ours).sign(), token(OTHER, &theirs).sign());
        send(&layer, &token_of_ours).await.accepted();
        send(&layer, &token_of_theirs).await.accepted();

        source.replace(&ours);
        assert_shared(&layer, &token_of_ours).await;
        assert_shared(&layer, &token(OTHER, &ours).sign()).await;

        source.replace(&theirs);
        send(&layer, &token_of_ours).await.accepted();
        send(&layer, &token_of_theirs).await.accepted();
    }
}
