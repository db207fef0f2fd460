//! Sets without a usable key, and skipped keys: who looks for the reason finds it.

use std::error::Error as _;

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, KeySet};

use crate::cache::mock::{JWKS_URI, Mock, kind, minutes};
use crate::support::{key, tokio};

/// Returns the default key with these members changed.
fn changed(id: &str, changes: &[(&str, Value)]) -> Value {
    let mut jwk = key(Algorithm::ES256).clone().with_key_id(id).jwk();
    for (name, value) in changes {
        jwk[*name] = value.clone();
    }
    jwk
}

fn serving(mock: &Mock, keys: &[Value]) -> Authenticator {
    mock.page(JWKS_URI, json!({ "keys": keys }).to_string());
    mock.authenticator()
}

/// Returns the error of a prefetch that failed, which the health has as well.
async fn failed(authenticator: &Authenticator) -> String {
    let error = authenticator.prefetch().await.unwrap_err();
    let error = error.source().unwrap().to_string();
    let health = authenticator.health().remove(0);
    assert_eq!(health.fetch.unwrap().last_error.as_deref(), Some(&*error));
    error
}

#[tokio::test(start_paused = true)]
async fn error_and_health_name_each_key_of_a_set_without_a_usable_one() {
    let mock = Mock::new();
    let authenticator = serving(
        &mock,
        &[
            changed("one", &[("x", json!("***"))]),
            changed("two", &[("alg", json!("RSA-OAEP"))]),
            changed("three", &[("use", json!("enc"))]),
            json!({"kty": "RSA", "alg": "RS256"}),
        ],
    );
    let token = mock.token();
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::KeysUnavailable)
    );
    let reasons = [
        "key \"one\" has a member x that is not base64url",
        "key \"two\" has alg \"RSA-OAEP\", which is not a supported signature algorithm",
        "key \"three\" is not for signatures: its use is not sig",
        "a key without an id of at most 64 bytes lacks n, which its type requires",
    ];
    let expected = format!(
        "the issuer's response is not usable: the JWK set has no usable key: {}",
        reasons.join("; ")
    );
    assert_eq!(failed(&authenticator).await, expected);
    let health = authenticator.health().remove(0);
    let skipped: Vec<_> = health.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped, reasons);
    let json = serde_json::to_value(&health).unwrap();
    assert_eq!(json["skipped"][0]["key_id"], "one");
    assert!(
        json["skipped"][1]["reason"]
            .as_str()
            .unwrap()
            .contains("RSA-OAEP")
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_set_is_said_to_be_empty() {
    let error = failed(&serving(&Mock::new(), &[])).await;
    assert!(
        error.ends_with("the JWK set is empty: it has no keys"),
        "{error}"
    );
    let error = KeySet::from_json(r#"{"keys":[]}"#).unwrap_err();
    assert_eq!(error.to_string(), "the JWK set is empty: it has no keys");
}

#[test]
fn a_configured_set_without_a_usable_key_names_them() {
    let jwk = changed("one", &[("kty", json!("RSA"))]);
    let error = KeySet::from_json(&json!({ "keys": [jwk] }).to_string()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the JWK set has no usable key: key \"one\" lacks n, which its type requires"
    );
}

/// Key ids and names of algorithms are text from outside.
#[tokio::test(start_paused = true)]
async fn the_error_is_bounded_in_keys_and_length_and_on_one_line() {
    let hostile = format!("\n\u{1b}[31m{}", "k".repeat(50));
    let keys: Vec<_> = (0..200)
        .map(|_| changed(&hostile, &[("alg", json!("\nx".repeat(1000)))]))
        .collect();
    let authenticator = serving(&Mock::new(), &keys);
    let error = failed(&authenticator).await;
    assert!(error.contains(r#"key "\n\u{1b}[31mkk"#), "{error}");
    assert!(!error.contains(char::is_control), "{error}");
    assert!(error.ends_with("; and more than a hundred more"), "{error}");
    assert!(error.len() < 2000, "{} bytes", error.len());
    assert_eq!(authenticator.health()[0].skipped.len(), 128);
    let few: Vec<_> = (0..10).map(|_| json!({})).collect();
    let error = KeySet::from_json(&json!({ "keys": few }).to_string()).unwrap_err();
    assert!(error.to_string().ends_with("; and 2 more"), "{error}");
}

/// Skipped keys of the set in use are shown again as soon as a set has usable keys.
#[tokio::test(start_paused = true)]
async fn the_health_shows_the_skipped_keys_of_the_last_set() {
    let mock = Mock::new();
    let usable = TestKey::generate(Algorithm::ES256).jwk();
    let old = changed("old", &[("use", json!("enc"))]);
    let authenticator = serving(&mock, &[usable.clone(), old]);
    let skipped = || {
        let health = authenticator.health().remove(0);
        let ids = health
            .skipped
            .iter()
            .map(|key| key.key_id().map(ToOwned::to_owned));
        ids.flatten().collect::<Vec<_>>()
    };
    authenticator.prefetch().await.unwrap();
    assert_eq!(skipped(), ["old"]);
    let new = changed("new", &[("use", json!("enc"))]);
    mock.page(JWKS_URI, json!({ "keys": [new] }).to_string());
    assert!(authenticator.prefetch().await.is_err());
    assert_eq!(skipped(), ["new"]);
    mock.page(JWKS_URI, json!({ "keys": [usable] }).to_string());
    minutes(1).await;
    authenticator.prefetch().await.unwrap();
    assert!(skipped().is_empty());
}
