//! Issuers that have come to share a secret: their tokens get 503, so they are not ready.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, Issuer, IssuerState, JwtAuthBuilder, Key, KeyQuery, KeySet,
    KeySource, Keys, KeysFuture, ReadinessStatus, ReadyWhen,
};

use super::{Kind, kinds, readiness, states};
use crate::cache::mock::AUDIENCE;

/// A source whose keys can be replaced.
#[derive(Clone)]
struct Source(Arc<Mutex<Arc<KeySet>>>);

impl Source {
    fn new(keys: KeySet) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(keys))))
    }

    fn replace(&self, keys: KeySet) {
        *self.0.lock().unwrap() = Arc::new(keys);
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

fn secret(number: usize) -> KeySet {
    let secret = TestKey::generate(Algorithm::HS256).secret().unwrap();
    let key = Key::from_secret(Algorithm::HS256, &secret).unwrap();
    [key.with_key_id(number.to_string())].into_iter().collect()
}

fn issuer(name: impl Into<String>, source: &Source) -> Issuer {
    Issuer::from_key_source(name, source.clone(), AUDIENCE).algorithms([Algorithm::HS256])
}

fn authenticator(issuers: impl IntoIterator<Item = Issuer>) -> Authenticator {
    let mut issuers = issuers.into_iter();
    let first = Authenticator::builder(issuers.next().unwrap());
    let builder = issuers.fold(first, JwtAuthBuilder::add_issuer);
    builder.build_authenticator().unwrap()
}

#[test]
fn issuers_that_have_come_to_share_a_secret_are_not_ready_until_that_is_over() {
    let [one, two] = [1, 2].map(|number| (secret(number), number));
    let (first, second) = (Source::new(one.0.clone()), Source::new(two.0.clone()));
    let authenticator = authenticator([
        issuer("https://one.example", &first),
        issuer("https://two.example", &second),
    ]);
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    second.replace(one.0);
    let shared = readiness(&authenticator);
    assert_eq!(shared.status, ReadinessStatus::NotReady);
    assert_eq!(kinds(&shared), [Kind::SecretUnusable; 2]);
    assert_eq!(states(&shared), [IssuerState::Absent; 2]);
    let text = serde_json::to_string(&shared).unwrap();
    assert!(text.contains(r#""reason":"secret_unusable""#), "{text}");
    assert!(!text.contains("must not share"), "{text}");
    second.replace(two.0);
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
}

#[test]
fn an_issuer_with_secrets_of_its_own_stays_able_and_the_others_do_not() {
    let sources = [1, 2, 3].map(|number| Source::new(secret(number)));
    let names = [
        "https://one.example",
        "https://two.example",
        "https://three.example",
    ];
    let authenticator = authenticator(
        names
            .iter()
            .zip(&sources)
            .map(|(name, source)| issuer(*name, source)),
    );
    let shared = secret(4);
    sources[0].replace(shared.clone());
    sources[2].replace(shared);
    let any = readiness(&authenticator);
    assert_eq!(
        (any.status, kinds(&any)),
        (ReadinessStatus::Degraded, vec![Kind::SecretUnusable; 2])
    );
    for (name, is_ready) in names.into_iter().zip([false, true, false]) {
        let readiness = authenticator.readiness(&ReadyWhen::issuers([name]));
        assert_eq!(readiness.is_ready(), is_ready, "{name}");
    }
}

/// Each was compared with each other one: 36 million comparisons, each of which loads the keys of a
/// source.
#[test]
fn the_health_of_thousands_of_issuers_with_secrets_takes_no_time() {
    let sources: Vec<_> = (0..6_000)
        .map(|number| Source::new(secret(number)))
        .collect();
    let authenticator = authenticator([issuer("https://first.example", &Source::new(secret(0)))]);
    let numbered = sources.iter().enumerate();
    let issuers =
        numbered.map(|(number, source)| issuer(format!("https://i{number}.example"), source));
    authenticator.issuers().replace_all(issuers).unwrap();
    let begin = Instant::now();
    assert_eq!(authenticator.health().len(), sources.len());
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    let all = (0..sources.len()).map(|number| format!("https://i{number}.example"));
    assert!(authenticator.readiness(&ReadyWhen::issuers(all)).is_ready());
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
}
