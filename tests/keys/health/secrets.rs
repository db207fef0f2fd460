//! Issuers that have come to share a secret: their tokens get 503, so they are not ready.

use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, Issuer, IssuerState, JwtAuthBuilder, Key, KeySet, ReadinessStatus,
    ReadyWhen,
};

use super::{Kind, kinds, readiness, states};
use crate::cache::mock::{AUDIENCE, ISSUER, JWKS_URI, Mock};
use crate::support::{ReplaceableKeys, tokio};

fn secret(number: usize) -> KeySet {
    let secret = TestKey::generate(Algorithm::HS256).secret().unwrap();
    let key = Key::from_secret(Algorithm::HS256, &secret).unwrap();
    [key.with_key_id(number.to_string())].into_iter().collect()
}

fn issuer(name: impl Into<String>, source: &ReplaceableKeys) -> Issuer {
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
    let (first, second) = (
        ReplaceableKeys::new(one.0.clone()),
        ReplaceableKeys::new(two.0.clone()),
    );
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
    let sources = [1, 2, 3].map(|number| ReplaceableKeys::new(secret(number)));
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

#[tokio::test(start_paused = true)]
async fn fetched_keys_stay_able_while_a_secret_beside_them_is_shared() {
    let mock = Mock::new();
    let shared = secret(1);
    let fetched = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE).http_client(mock.client());
    let fetched = fetched.add_secrets(shared.clone());
    let source = ReplaceableKeys::new(secret(2));
    let authenticator = authenticator([fetched, issuer("https://two.example", &source)]);
    authenticator.prefetch().await.unwrap();
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    source.replace(shared);
    let readiness = readiness(&authenticator);
    assert_eq!(readiness.status, ReadinessStatus::Degraded);
    assert_eq!(kinds(&readiness), [Kind::SecretUnusable; 2]);
    assert_eq!(
        states(&readiness),
        [IssuerState::Absent, IssuerState::Fresh]
    );
    let health = authenticator.health();
    let serving: Vec<_> = health.iter().map(|issuer| issuer.serving).collect();
    assert_eq!(serving, [true, false]);
    assert!(health.iter().all(|issuer| issuer.error.is_some()));
    authenticator.authenticate(&mock.token()).await.unwrap();
}

/// Returns how often the keys of this many issuers with secrets are read for their health and their
/// readiness.
fn reads_for_health(count: usize) -> usize {
    let sources: Vec<_> = (0..count)
        .map(|number| ReplaceableKeys::new(secret(number)))
        .collect();
    let first = ReplaceableKeys::new(secret(0));
    let authenticator = authenticator([issuer("https://first.example", &first)]);
    let name = |number: usize| format!("https://i{number}.example");
    let numbered = sources.iter().enumerate();
    let issuers = numbered.map(|(number, source)| issuer(name(number), source));
    authenticator.issuers().replace_all(issuers).unwrap();
    let reads = || sources.iter().map(ReplaceableKeys::reads).sum::<usize>();
    let before = reads();
    assert_eq!(authenticator.health().len(), count);
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    let all = (0..count).map(name);
    assert!(authenticator.readiness(&ReadyWhen::issuers(all)).is_ready());
    reads() - before
}

/// Comparing each issuer with each other one would read the keys of sources 100 times as often.
#[test]
fn the_health_of_ten_times_as_many_issuers_with_secrets_reads_ten_times_as_many_keys() {
    let reads = [100, 1_000].map(reads_for_health);
    assert_eq!(reads[1], 10 * reads[0]);
    assert!(reads[0] >= 100, "{reads:?}");
}
