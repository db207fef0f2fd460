//! Two issuers of one layer with the same secret, where a key source provides it: each could sign
//! tokens of the other.

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use tower_jwt_auth::testing::{TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, Key, KeySet, KeysEvent,
    SecretEncoding, SecretFiles, TokenCacheSettings,
};

use crate::files::{Folder, random};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, ReplaceableKeys, builder_for, key_set, send, token_of};

const OTHER: &str = "https://other.example";

/// Returns the error of two issuers, each with the id of its key.
fn text(ours: &str, theirs: &str) -> String {
    let shown = |id: &str| match id {
        "" => String::new(),
        id => format!(" (kid {id:?})"),
    };
    format!(
        "issuers \"https://issuer.example\"{} and \"https://other.example\"{}: must not share a \
         secret, as each could sign tokens of the other",
        shown(ours),
        shown(theirs)
    )
}

fn source_of(key: &TestKey) -> ReplaceableKeys {
    ReplaceableKeys::new(key_set([key]))
}

fn secrets() -> [TestKey; 2] {
    [(); 2].map(|()| TestKey::generate(Algorithm::HS256))
}

fn from_source(name: &str, source: &ReplaceableKeys) -> Issuer {
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
    let source = source_of(&secret);
    for issuers in [
        [from_keys(ISSUER, &secret), from_source(OTHER, &source)],
        [from_source(ISSUER, &source), from_keys(OTHER, &secret)],
        [from_source(ISSUER, &source), from_source(OTHER, &source)],
    ] {
        let [one, two] = issuers;
        let error = builder_for(one).add_issuer(two).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::SharedSecret);
        let id = secret.key_id();
        assert_eq!(error.to_string(), text(id, id));
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
        let source = source_of(&theirs);
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

        source.replace(key_set([&ours]));
        assert_shared(&layer, &token_of_ours).await;
        assert_shared(&layer, &token(OTHER, &ours).sign()).await;

        source.replace(key_set([&theirs]));
        send(&layer, &token_of_ours).await.accepted();
        send(&layer, &token_of_theirs).await.accepted();
    }
}

/// Returns what the health says of each issuer: whether it is serving, and the error.
fn health(layer: &JwtAuthLayer) -> Vec<(bool, Option<String>)> {
    let health = layer.authenticator().health().into_iter();
    health
        .map(|issuer| (issuer.serving, issuer.error))
        .collect()
}

#[tokio::test]
async fn the_health_says_that_issuers_have_come_to_share_a_secret_before_any_request() {
    let [ours, theirs] = secrets();
    let (source, fixed) = (source_of(&theirs), from_keys(ISSUER, &ours));
    let builder = builder_for(fixed).add_issuer(from_source(OTHER, &source));
    let layer = builder.build().unwrap();
    let healthy = vec![(true, None), (true, None)];
    assert_eq!(health(&layer), healthy);
    source.replace(key_set([&ours]));
    let id = ours.key_id();
    let [ours_first, theirs_first] = [(ISSUER, OTHER), (OTHER, ISSUER)].map(|(one, other)| {
        let text = text(id, id);
        text.replace(ISSUER, "*")
            .replace(OTHER, other)
            .replace('*', one)
    });
    let shared = vec![(false, Some(ours_first)), (false, Some(theirs_first))];
    assert_eq!(health(&layer), shared);
    source.replace(key_set([&theirs]));
    assert_eq!(health(&layer), healthy);
    // One secret for two algorithms.
    source.replace(for_two_algorithms());
    let error = TWO_ALGORITHMS.replace(ISSUER, OTHER);
    assert_eq!(health(&layer), [(true, None), (false, Some(error))]);
}

#[tokio::test]
async fn each_issuer_with_files_that_has_come_to_share_a_secret_is_told_once_after_a_reload() {
    let folders = [(); 2].map(|()| Folder::new());
    let events = Arc::<Mutex<Vec<String>>>::default();
    let issuer = |name, folder: &Folder| {
        let recorded = Arc::clone(&events);
        let files = SecretFiles::watch(folder.path(), Algorithm::HS256);
        let files = files.encoding(SecretEncoding::Base64url).build().unwrap();
        let issuer = Issuer::from_key_source(name, files.clone(), AUDIENCE);
        let issuer = issuer.on_event(move |issuer, event| {
            if let KeysEvent::SecretShared {
                key_id,
                other,
                other_key_id,
                ..
            } = event
            {
                let ids = [key_id, other_key_id].map(|id| id.unwrap());
                recorded
                    .lock()
                    .unwrap()
                    .push(format!("{issuer} {ids:?} {other}"));
            }
        });
        (issuer, files)
    };
    let secrets = [random(), random()];
    for (folder, secret) in folders.iter().zip(&secrets) {
        folder.write("1", &*secret.to_base64url());
    }
    let [(one, _files), (two, files)] = [issuer(ISSUER, &folders[0]), issuer(OTHER, &folders[1])];
    let layer = builder_for(one).add_issuer(two).build().unwrap();
    folders[1].write("2", &*secrets[0].to_base64url());
    for _ in 0..2 {
        files.reload().await.unwrap();
        assert_eq!(health(&layer)[0].1, Some(text("1", "2")));
    }
    let told = std::mem::take(&mut *events.lock().unwrap());
    let expected = [
        format!("{ISSUER} [\"1\", \"2\"] {OTHER}"),
        format!("{OTHER} [\"2\", \"1\"] {ISSUER}"),
    ];
    assert_eq!(told, expected);
    // And again, after it was over.
    std::fs::remove_file(folders[1].join("2")).unwrap();
    files.reload().await.unwrap();
    assert_eq!(health(&layer), [(true, None), (true, None)]);
    folders[1].write("2", &*secrets[0].to_base64url());
    files.reload().await.unwrap();
    assert_eq!(*events.lock().unwrap(), expected);
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
    let source = ReplaceableKeys::new(for_two_algorithms());
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
    let source = source_of(&ours);
    let layer = builder_for(from_source(ISSUER, &source)).build().unwrap();
    let token = token(ISSUER, &ours).sign();
    send(&layer, &token).await.accepted();
    let both = [&key_set([&ours]), &for_two_algorithms()];
    let both = both.into_iter().flat_map(KeySet::keys).cloned().collect();
    source.replace(both);
    let error = send(&layer, &token).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    assert_eq!(error.source().unwrap().to_string(), TWO_ALGORITHMS);
    source.replace(key_set([&ours]));
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
    for (one, id) in [
        (watched(ISSUER, 0), "1"),
        (Issuer::from_keys(ISSUER, fixed(), AUDIENCE), ""),
    ] {
        let two = watched(OTHER, 1);
        let error = builder_for(one).add_issuer(two).build().unwrap_err();
        assert_eq!(error.to_string(), text(id, "1"));
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
