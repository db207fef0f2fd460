//! Two issuers of one layer with the same secret, where a key source provides it: each could sign
//! tokens of the other.

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, Key, KeyQuery, KeySet, KeySource,
    Keys, KeysFuture, SecretEncoding, SecretFiles, TokenCacheSettings,
};

use crate::files::{Folder, random};
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

/// Returns a secret for two algorithms.
fn for_two_algorithms() -> KeySet {
    let secret = TestKey::generate(Algorithm::HS512).secret().unwrap();
    let key = |algorithm, id: &str| {
        Key::from_secret(algorithm, &secret)
            .unwrap()
            .with_key_id(id)
    };
    [key(Algorithm::HS256, "1"), key(Algorithm::HS512, "2")]
        .into_iter()
        .collect()
}

const TWO_ALGORITHMS: &str = "issuer \"https://issuer.example\": must not have the same secret for \
                              HS256 and HS512: use another one for each algorithm";

#[test]
fn one_secret_for_two_algorithms_is_a_configuration_error_wherever_it_is() {
    let [other, _] = secrets();
    let fetched = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE);
    let source = Source(Arc::new(Mutex::new(Arc::new(for_two_algorithms()))));
    for issuer in [
        Issuer::from_keys(ISSUER, for_two_algorithms(), AUDIENCE),
        fetched.add_secrets(for_two_algorithms()),
        Issuer::from_key_source(ISSUER, source, AUDIENCE).algorithms([Algorithm::HS256]),
    ] {
        let error = builder_for(issuer).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::SharedSecret);
        assert_eq!(error.to_string(), TWO_ALGORITHMS);
    }
    // Also of an issuer that is added later.
    let layer = builder_for(from_keys(OTHER, &other)).build().unwrap();
    let added = Issuer::from_keys(ISSUER, for_two_algorithms(), AUDIENCE);
    assert_eq!(
        layer.issuers().add(added).unwrap_err().to_string(),
        TWO_ALGORITHMS
    );
}

#[tokio::test]
async fn a_source_that_comes_to_have_one_secret_for_two_algorithms_is_rejected_while_it_does() {
    let [ours, _] = secrets();
    let source = Source::of(&ours);
    let layer = builder_for(from_source(ISSUER, &source)).build().unwrap();
    let token = token(ISSUER, &ours).sign();
    send(&layer, &token).await.accepted();
    let both = [&key_set([&ours]), &for_two_algorithms()];
    let both = both.into_iter().flat_map(KeySet::keys).cloned().collect();
    *source.0.lock().unwrap() = Arc::new(both);
    let error = send(&layer, &token).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    assert_eq!(error.source().unwrap().to_string(), TWO_ALGORITHMS);
    source.replace(&ours);
    send(&layer, &token).await.accepted();
}

#[tokio::test]
async fn secrets_of_files_environment_and_configuration_are_compared() {
    let folders = [(); 2].map(|()| Folder::new());
    let secret = random();
    for folder in &folders {
        folder.write("1", &*secret.to_base64url());
    }
    let watch = |index: usize| {
        let files = SecretFiles::watch(folders[index].path(), Algorithm::HS256);
        files.encoding(SecretEncoding::Base64url).build().unwrap()
    };
    let fixed = || Key::from_secret(Algorithm::HS256, &secret).unwrap();
    let watched = |name, index| Issuer::from_key_source(name, watch(index), AUDIENCE);
    for issuers in [
        [watched(ISSUER, 0), watched(OTHER, 1)],
        [
            Issuer::from_keys(ISSUER, fixed(), AUDIENCE),
            watched(OTHER, 1),
        ],
    ] {
        let [one, two] = issuers;
        let error = builder_for(one).add_issuer(two).build().unwrap_err();
        assert_eq!(error.to_string(), TEXT);
    }
    // After a reload.
    folders[1].write("1", &*random().to_base64url());
    let files = watch(1);
    let one = Issuer::from_keys(ISSUER, fixed(), AUDIENCE);
    let two = Issuer::from_key_source(OTHER, files.clone(), AUDIENCE);
    let layer = builder_for(one).add_issuer(two).build().unwrap();
    let key = TestKey::from_secret(Algorithm::HS256, &secret).with_key_id("1");
    send(&layer, &token(ISSUER, &key).sign()).await.accepted();
    folders[1].write("2", &*secret.to_base64url());
    files.reload().await.unwrap();
    assert_shared(&layer, &token(ISSUER, &key).sign()).await;
    std::fs::remove_file(folders[1].join("2")).unwrap();
    files.reload().await.unwrap();
    send(&layer, &token(ISSUER, &key).sign()).await.accepted();
}
