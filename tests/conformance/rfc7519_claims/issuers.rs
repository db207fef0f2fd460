//! Requirement 15: `iss` equals a configured issuer byte by byte, and only that issuer's keys
//! verify the token (RFC 8725 §3.8).

use tower_jwt_auth::testing::{TestIssuer, TestKey};
use tower_jwt_auth::{Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, default_key, key, key_set, layer, payload, send, signed, token,
};

const OTHER: &str = "https://other.example";
const OTHER_AUDIENCE: &str = "https://other-api.example";

#[tokio::test]
async fn a_configured_trailing_slash_counts() {
    let slash = "https://issuer.example/";
    let layer = builder_for(Issuer::from_keys(slash, key_set([default_key()]), AUDIENCE))
        .build()
        .unwrap();
    send(&layer, &token().issuer(slash).sign()).await.accepted();
    send(&layer, &token().issuer(ISSUER).sign())
        .await
        .invalid_token(ErrorKind::UnknownIssuer);
}

#[tokio::test]
async fn an_issuer_written_with_escapes_is_the_same() {
    let token = signed(payload(&[("iss", "\"https:\\/\\/issu\\u0065r.example\"")]));
    assert_eq!(send(&layer(), &token).await.accepted().issuer(), ISSUER);
}

/// Returns a layer with two issuers, each with its own keys and audience, and the second one's key,
/// which has the id of the first one's.
fn two_issuers() -> (JwtAuthLayer, TestKey) {
    let theirs = TestKey::generate(Algorithm::ES256).with_key_id(default_key().key_id());
    let first = Issuer::from_keys(ISSUER, key_set([default_key()]), AUDIENCE);
    let second = Issuer::from_keys(OTHER, key_set([&theirs]), OTHER_AUDIENCE);
    (
        builder_for(first).add_issuer(second).build().unwrap(),
        theirs,
    )
}

#[tokio::test]
async fn the_tokens_of_each_issuer_are_accepted() {
    let (layer, theirs) = two_issuers();
    assert_eq!(
        send(&layer, &token().sign()).await.accepted().issuer(),
        ISSUER
    );
    let token = token().key(&theirs).issuer(OTHER).audience(OTHER_AUDIENCE);
    assert_eq!(send(&layer, &token.sign()).await.accepted().issuer(), OTHER);
}

#[tokio::test]
async fn a_token_of_one_issuer_with_anothers_name_is_rejected() {
    let (layer, theirs) = two_issuers();
    for token in [
        token().issuer(OTHER).audience(OTHER_AUDIENCE),
        token().key(&theirs),
    ] {
        send(&layer, &token.sign())
            .await
            .invalid_token(ErrorKind::InvalidSignature);
        let answer = send(&layer, &token.without_header("kid").sign()).await;
        answer.invalid_token(ErrorKind::InvalidSignature);
    }
}

#[tokio::test]
async fn a_token_of_one_issuer_for_anothers_audience_is_rejected() {
    let (layer, theirs) = two_issuers();
    for token in [
        token().audience(OTHER_AUDIENCE),
        token().key(&theirs).issuer(OTHER).audience(AUDIENCE),
    ] {
        send(&layer, &token.sign())
            .await
            .invalid_token(ErrorKind::WrongAudience);
    }
}

#[tokio::test]
async fn a_token_of_one_fetched_issuer_with_anothers_name_is_rejected() {
    let (one, two) = (
        TestIssuer::start().await.unwrap(),
        TestIssuer::start().await.unwrap(),
    );
    let layer = JwtAuthLayer::builder(Issuer::discovery(one.issuer(), AUDIENCE))
        .add_issuer(Issuer::jwks(two.issuer(), two.jwks_uri(), AUDIENCE))
        .build()
        .unwrap();
    send(&layer, &one.token().sign()).await.accepted();
    send(&layer, &two.token().sign()).await.accepted();
    send(&layer, &one.token().issuer(two.issuer()).sign())
        .await
        .invalid_token(ErrorKind::UnknownKey);
    send(&layer, &two.token().issuer(one.issuer()).sign())
        .await
        .invalid_token(ErrorKind::UnknownKey);
}

// Each of them could sign tokens of the other.
#[test]
fn two_issuers_with_one_secret_are_a_configuration_error() {
    let secret = key(Algorithm::HS256);
    let build = |first: &TestKey, second: &TestKey| {
        let issuer = |name, key| Issuer::from_keys(name, key_set([default_key(), key]), AUDIENCE);
        builder_for(issuer(ISSUER, first))
            .add_issuer(issuer(OTHER, second))
            .build()
    };
    for again in [secret.clone(), secret.clone().with_key_id("renamed")] {
        assert_eq!(
            build(secret, &again).unwrap_err().kind(),
            ConfigErrorKind::SharedSecret
        );
    }
    let _ = build(secret, &TestKey::generate(Algorithm::HS256)).unwrap();
}

/// Builds a layer of two issuers with these keys.
fn apart(one: &TestKey, two: &TestKey) -> Result<(), ConfigErrorKind> {
    let issuer = |name, key| Issuer::from_keys(name, key_set([key]), AUDIENCE);
    builder_for(issuer(ISSUER, one))
        .add_issuer(issuer(OTHER, two))
        .build()
        .map(drop)
        .map_err(|error| error.kind())
}

// RFC 2104 §2 pads secrets with zeros, so these two verify the same signatures.
#[test]
fn a_secret_with_zeros_appended_is_the_same_secret() {
    let secret: Vec<u8> = (1..=40).collect();
    let padded = TestKey::from_secret(Algorithm::HS256, [&secret[..], &[0; 8]].concat());
    let secret = TestKey::from_secret(Algorithm::HS256, &secret);
    assert_eq!(apart(&secret, &padded), Err(ConfigErrorKind::SharedSecret));
    // A block of SHA-512 is longer than one of SHA-256.
    let secret: Vec<u8> = (1..=64).collect();
    let padded = TestKey::from_secret(Algorithm::HS512, [&secret[..], &[0]].concat());
    let secret = TestKey::from_secret(Algorithm::HS512, &secret);
    assert_eq!(apart(&secret, &padded), Err(ConfigErrorKind::SharedSecret));
}

// An issuer that has the secret can sign with either hash.
#[test]
fn one_secret_for_two_algorithms_is_a_shared_secret() {
    let secret: Vec<u8> = (1..=64).collect();
    let [short, long] =
        [Algorithm::HS256, Algorithm::HS512].map(|hmac| TestKey::from_secret(hmac, &secret));
    assert_eq!(apart(&short, &long), Err(ConfigErrorKind::SharedSecret));
}

#[test]
fn the_same_issuer_twice_is_a_configuration_error() {
    let error = builder_for(crate::support::issuer())
        .add_issuer(crate::support::issuer())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::DuplicateIssuer);
}
