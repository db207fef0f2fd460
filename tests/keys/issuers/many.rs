//! Ten thousand issuers: they are built in time, each is found, and none verifies for another.

use std::time::{Duration, Instant};

use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ConfigErrorKind, ErrorKind, Issuer, Key, Tenants};

use crate::issuers::site::{AUDIENCE, authenticator, rejection, token};
use crate::support::tokio;

const MANY: usize = 10_000;

fn name(number: usize) -> String {
    format!("https://issuer-{number}.example/realms/production")
}

fn fixed(name: impl Into<String>, key: &TestKey) -> Issuer {
    let key = Key::from_jwk(&key.jwk().to_string()).unwrap();
    Issuer::from_keys(name, key, AUDIENCE)
}

/// Returns an authenticator for many fetched issuers and one with this key.
fn among_many(key: &TestKey) -> Authenticator {
    let fetched = |number| {
        let name = name(number);
        let url = format!("{name}/keys");
        Issuer::jwks(name, url, AUDIENCE)
    };
    let start = Instant::now();
    let mut builder = Authenticator::builder(fixed("https://ours.example", key));
    for number in 1..MANY {
        builder = builder.add_issuer(fetched(number));
    }
    let authenticator = builder.build_authenticator().unwrap();
    // Far more than it takes with optimization: only quadratic growth exceeds it.
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    authenticator
}

#[tokio::test]
async fn one_of_many_issuers_is_found_by_its_name() {
    let (key, other) = (
        TestKey::generate(Algorithm::ES256),
        TestKey::generate(Algorithm::ES256),
    );
    let authenticator = among_many(&key);
    assert_eq!(authenticator.issuers().names().len(), MANY);
    for (token, expected) in [
        (token(&key, "https://ours.example").sign(), None),
        (
            token(&other, "https://ours.example").sign(),
            Some(ErrorKind::UnknownKey),
        ),
        (
            token(&key, "https://theirs.example").sign(),
            Some(ErrorKind::UnknownIssuer),
        ),
        (
            token(&key, "https://ours.example/").sign(),
            Some(ErrorKind::UnknownIssuer),
        ),
    ] {
        assert_eq!(rejection(&authenticator, &token).await, expected);
    }
    authenticator.issuers().add(fixed(name(0), &other)).unwrap();
    assert_eq!(
        rejection(&authenticator, &token(&other, &name(0)).sign()).await,
        None
    );
    let error = authenticator
        .issuers()
        .add(fixed(name(1), &key))
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::DuplicateIssuer);
}

#[test]
fn the_same_name_or_secret_is_found_among_many() {
    let secret = TestKey::generate(Algorithm::HS256);
    let with = |last: Issuer| {
        let issuers = (0..500).map(|number| {
            let key = TestKey::generate(Algorithm::HS256);
            fixed(name(number), &key)
        });
        let builder = Authenticator::builder(fixed("https://ours.example", &secret));
        let builder = issuers.fold(builder, tower_jwt_auth::JwtAuthBuilder::add_issuer);
        builder.add_issuer(last).build_authenticator().unwrap_err()
    };
    let same_name = with(fixed(name(7), &TestKey::generate(Algorithm::HS256)));
    assert_eq!(same_name.kind(), ConfigErrorKind::DuplicateIssuer);
    let same_secret = with(fixed("https://theirs.example", &secret));
    assert_eq!(same_secret.kind(), ConfigErrorKind::SharedSecret);
    assert!(same_secret.to_string().contains("https://ours.example"));
}

#[test]
fn patterns_are_limited_since_each_is_compared() {
    let pattern = |number: usize| {
        Issuer::discovery(format!("https://p{number}.example/{{tenant}}"), AUDIENCE)
            .tenants(Tenants::only(["a"]))
    };
    let authenticator = authenticator(pattern(0));
    for number in 1..32 {
        authenticator.issuers().add(pattern(number)).unwrap();
    }
    let error = authenticator.issuers().add(pattern(32)).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert_eq!(
        error.to_string(),
        "issuers with tenants: must be at most 32, as each token is compared with all of their \
         patterns"
    );
}
