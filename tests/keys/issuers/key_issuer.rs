//! The member `issuer` of a JWK, which Microsoft Entra ID adds: a key that names an issuer serves
//! that issuer only, wherever the set comes from.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer, JwksCacheSettings, Key, KeySet};

use crate::issuers::site::{AUDIENCE, Site, authenticator, jwk_with, jwks, rejection, token};
use crate::support::tokio;

const ISSUER: &str = "https://login.example/a";
const KEYS: &str = "https://login.example/keys";

fn fetched(site: &Site) -> Issuer {
    Issuer::jwks(ISSUER, KEYS, AUDIENCE).http_client(site.client())
}

/// Returns the authenticators for a JWK as a fetched key, as a key of a fixed set, and as a key.
fn all(jwk: &Value) -> Vec<Authenticator> {
    let site = Site::default();
    site.page(KEYS, &jwks([jwk.clone()]));
    let set = KeySet::from_json(&jwks([jwk.clone()]).to_string()).unwrap();
    let key = Key::from_jwk(&jwk.to_string()).unwrap();
    [
        fetched(&site),
        Issuer::from_keys(ISSUER, set, AUDIENCE),
        Issuer::from_keys(ISSUER, key, AUDIENCE),
    ]
    .map(authenticator)
    .into()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_names_the_issuer_or_none_serves_it() {
    let key = TestKey::generate(Algorithm::ES256);
    let valid = token(&key, ISSUER).sign();
    for jwk in [
        key.jwk(),
        jwk_with(&key, "issuer", ISSUER),
        jwk_with(&key, "issuer", "https://login.example/{tenantid}"),
        jwk_with(&key, "issuer", Value::Null),
    ] {
        for authenticator in all(&jwk) {
            assert_eq!(rejection(&authenticator, &valid).await, None, "{jwk}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_names_another_issuer_does_not_serve_this_one() {
    let key = TestKey::generate(Algorithm::ES256);
    let valid = token(&key, ISSUER).sign();
    for name in [
        "",
        "https://login.example/a/",
        "https://login.example/A",
        "https://login.example/b",
        "https://login.example/{tenantid}/v2.0",
        "https://login.example/{a}{b}",
        "https://login.example/{}",
        "{tenantid}",
        "*",
    ] {
        for authenticator in all(&jwk_with(&key, "issuer", name)) {
            assert_eq!(
                rejection(&authenticator, &valid).await,
                Some(ErrorKind::UnknownKey),
                "{name}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_issuer_is_not_a_string_is_skipped() {
    let (key, other) = (
        TestKey::generate(Algorithm::ES256),
        TestKey::generate(Algorithm::ES256),
    );
    for value in [json!(1), json!([ISSUER]), json!({}), json!(true)] {
        let set = jwks([jwk_with(&key, "issuer", value), other.jwk()]);
        let set = KeySet::from_json(&set.to_string()).unwrap();
        assert_eq!((set.keys().count(), set.skipped().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_key_id_is_checked_with_the_keys_for_its_issuer_only() {
    let keys: Vec<_> = (0..9)
        .map(|_| TestKey::generate(Algorithm::ES256))
        .collect();
    let (ours, others) = keys.split_last().unwrap();
    let mut set: Vec<_> = others
        .iter()
        .map(|key| jwk_with(key, "issuer", "https://login.example/b"))
        .collect();
    set.push(jwk_with(ours, "issuer", ISSUER));
    let site = Site::default();
    site.page(KEYS, &jwks(set));
    let authenticator = authenticator(fetched(&site));
    let without_id = |key: &TestKey| token(key, ISSUER).without_header("kid").sign();
    for _ in 0..2 {
        assert_eq!(rejection(&authenticator, &without_id(ours)).await, None);
        assert_eq!(
            rejection(&authenticator, &without_id(&others[0])).await,
            Some(ErrorKind::InvalidSignature),
            "and not that there are too many keys: those of others are none"
        );
    }
}

// To the cache it is a key that is there, so no request waits for another one.
#[tokio::test(start_paused = true)]
async fn a_key_for_this_issuer_is_found_in_the_background_where_others_fit_only_another() {
    let (ours, other) = (
        TestKey::generate(Algorithm::ES256),
        TestKey::generate(Algorithm::ES256),
    );
    let other = jwk_with(&other, "issuer", "https://login.example/b");
    let site = Site::default();
    site.page(KEYS, &jwks([other.clone()]));
    let authenticator = authenticator(fetched(&site));
    let token = token(&ours, ISSUER).without_header("kid").sign();
    assert_eq!(
        rejection(&authenticator, &token).await,
        Some(ErrorKind::UnknownKey)
    );
    site.page(KEYS, &jwks([other, ours.jwk()]));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(rejection(&authenticator, &token).await, None);
}

#[tokio::test(start_paused = true)]
async fn the_issuer_of_a_key_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (site, key, other) = (
        Site::default(),
        TestKey::generate(Algorithm::ES256),
        TestKey::generate(Algorithm::ES256),
    );
    site.page(
        KEYS,
        &jwks([
            jwk_with(&key, "issuer", ISSUER),
            jwk_with(&other, "issuer", "https://login.example/b"),
        ]),
    );
    let with_file = |site: &Site| {
        let settings = JwksCacheSettings::default().snapshot_dir(dir.path());
        authenticator(fetched(site).jwks_cache(settings))
    };
    let (valid, foreign) = (token(&key, ISSUER).sign(), token(&other, ISSUER).sign());
    assert_eq!(rejection(&with_file(&site), &valid).await, None);
    while !has_file(dir.path()) {
        sleep(Duration::from_millis(10)).await;
    }
    let restarted = with_file(&Site::default());
    assert_eq!(rejection(&restarted, &valid).await, None);
    assert_eq!(
        rejection(&restarted, &foreign).await,
        Some(ErrorKind::UnknownKey)
    );
}

/// The file appears under its name when it is complete.
fn has_file(dir: &Path) -> bool {
    let mut files = std::fs::read_dir(dir).unwrap();
    files.any(|file| {
        file.unwrap()
            .path()
            .extension()
            .is_some_and(|ending| ending == "json")
    })
}
