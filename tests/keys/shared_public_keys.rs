//! Two issuers of one layer with the same public key. An issuer can't sign with the key of another,
//! so each is still trusted for its own tokens. Otherwise an issuer could publish the key of another,
//! and so disable it.

use std::sync::{Arc, Mutex};

use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{
    Issuer, JwtAuthLayer, KeyQuery, KeySet, KeySource, Keys, KeysEvent, KeysFuture,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, key_set, send, token};

type Reports = Arc<Mutex<Vec<[String; 2]>>>;

/// Returns an issuer that records the issuers with which it shares a key.
fn recorded(issuer: &TestIssuer, reports: &Reports) -> Issuer {
    let reports = Arc::clone(reports);
    Issuer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).on_event(move |name, event| {
        if let KeysEvent::KeyShared { other, .. } = event {
            let names = [name, other].map(ToOwned::to_owned);
            reports.lock().unwrap().push(names);
        }
    })
}

fn take(reports: &Reports) -> Vec<[String; 2]> {
    std::mem::take(&mut reports.lock().unwrap())
}

#[tokio::test]
async fn a_public_key_that_two_fetched_issuers_have_is_reported_once_and_used_for_both() {
    let reports = Reports::default();
    let (one, two) = (
        TestIssuer::start().await.unwrap(),
        TestIssuer::start().await.unwrap(),
    );
    let layer = JwtAuthLayer::builder(recorded(&one, &reports))
        .add_issuer(recorded(&two, &reports))
        .build()
        .unwrap();
    layer.authenticator().prefetch().await.unwrap();
    assert!(take(&reports).is_empty());

    // The second one publishes the keys of the first one, too.
    let original = two.jwks();
    two.set_jwks(both(&one.jwks(), &original));
    for _ in 0..2 {
        layer.authenticator().prefetch().await.unwrap();
    }
    let pair = |one: &TestIssuer, two: &TestIssuer| [one.issuer(), two.issuer()].map(String::from);
    let mut reported = take(&reports);
    reported.sort();
    let mut expected = [pair(&one, &two), pair(&two, &one)];
    expected.sort();
    assert_eq!(reported, expected);
    send(&layer, &one.token().sign()).await.accepted();
    send(&layer, &two.token().sign()).await.accepted();

    two.set_jwks(original);
    layer.authenticator().prefetch().await.unwrap();
    assert!(take(&reports).is_empty());
}

fn both(one: &str, two: &str) -> String {
    let keys = [one, two].map(|set| {
        let set: serde_json::Value = serde_json::from_str(set).unwrap();
        set["keys"].as_array().unwrap().clone()
    });
    serde_json::json!({ "keys": keys.concat() }).to_string()
}

#[tokio::test]
async fn a_fetched_key_that_is_a_fixed_one_of_another_issuer_is_reported() {
    let reports = Reports::default();
    let fetched = TestIssuer::start().await.unwrap();
    fetched.set_jwks(both(
        &fetched.jwks(),
        &serde_json::json!({"keys": [default_key().jwk()]}).to_string(),
    ));
    let layer = JwtAuthLayer::builder(recorded(&fetched, &reports))
        .add_issuer(Issuer::from_keys(
            ISSUER,
            key_set([default_key()]),
            AUDIENCE,
        ))
        .clock(crate::support::clock())
        .build()
        .unwrap();
    layer.authenticator().prefetch().await.unwrap();
    let expected = [fetched.issuer().to_owned(), ISSUER.to_owned()];
    assert_eq!(take(&reports), [expected]);
    send(&layer, &token().sign()).await.accepted();
}

/// Its keys may have changed since, so they are not compared.
#[tokio::test]
async fn a_fetched_key_that_a_source_has_is_not_reported() {
    let reports = Reports::default();
    let fetched = TestIssuer::start().await.unwrap();
    let keys = serde_json::json!({"keys": [default_key().jwk()]}).to_string();
    fetched.set_jwks(both(&fetched.jwks(), &keys));
    let source = Fixed(key_set([default_key()]));
    let layer = JwtAuthLayer::builder(recorded(&fetched, &reports))
        .add_issuer(Issuer::from_key_source(ISSUER, source, AUDIENCE))
        .clock(crate::support::clock())
        .build()
        .unwrap();
    layer.authenticator().prefetch().await.unwrap();
    assert!(take(&reports).is_empty());
    send(&layer, &token().sign()).await.accepted();
}

struct Fixed(KeySet);

impl KeySource for Fixed {
    fn current(&self) -> Option<Keys<'_>> {
        Some(Keys::from(&self.0))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(std::future::ready(Ok(())))
    }
}
