//! `testing::claims`: claims for the tests of handlers.

use std::panic::catch_unwind;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::json;
use tower_jwt_auth::{Algorithm, Claims, JsonClaims, testing};

#[derive(Deserialize)]
struct Mine {
    tenant: String,
}

fn message<C>(value: serde_json::Value) -> String
where
    C: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let panic = catch_unwind(|| drop(testing::claims::<C>(value))).unwrap_err();
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.unwrap_or_else(|| panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[test]
fn claims_have_what_was_given_and_the_defaults() {
    let claims: Claims = testing::claims(json!({"sub": "alice", "scope": "a b", "x": [1]}));
    assert_eq!(claims.subject(), Some("alice"));
    assert!(claims.has_scope("a") && claims.has_scope("b"));
    assert_eq!(claims.get("x"), Some(&json!([1])));
    assert_eq!(claims.issuer(), "https://issuer.test");
    assert_eq!(claims.algorithm(), Some(Algorithm::HS256));
    let remaining = claims.expires_at().duration_since(SystemTime::now());
    assert!(remaining.unwrap() > Duration::from_secs(200));
    assert!(claims.id().is_some() && claims.issued_at().is_some());
}

#[test]
fn given_registered_claims_stay() {
    let given = json!({
        "iss": "https://login.example.com", "aud": ["b", "a"], "exp": 4_000_000_000_u64,
        "sub": 7, "cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}, "at_hash": "x",
    });
    let claims: Claims = testing::claims(given);
    assert_eq!(claims.issuer(), "https://login.example.com");
    assert_eq!(claims.subject(), Some("7"));
    assert!(claims.key_thumbprint().is_some() && claims.confirmation().is_none());
    let exp = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    assert_eq!(claims.expires_at(), exp);
}

#[test]
fn claims_have_a_type_of_the_callers_own() {
    let claims = testing::claims::<Mine>(json!({"tenant": "acme"}));
    assert_eq!(claims.tenant, "acme");
    let text = message::<Mine>(json!({"sub": "alice"}));
    assert!(
        text.contains("claims: found missing field `tenant`"),
        "{text}"
    );
}

#[test]
fn what_no_layer_accepts_is_a_panic_that_says_why() {
    for (claims, part) in [
        (json!("alice"), "must be an object"),
        (json!({"exp": 1}), "expiry"),
        (json!({"nbf": 4_000_000_000_u64}), "valid from"),
        (json!({"sub": [1]}), "subject"),
        (json!({"aud": []}), "audience"),
    ] {
        let text = message::<JsonClaims>(claims.clone());
        assert!(text.contains(part), "{claims}: {text}");
    }
}

#[test]
fn claims_in_extensions_are_found_as_those_of_a_layer() {
    let mut request = http::Request::new(());
    let claims: Claims = testing::claims(json!({"sub": "alice"}));
    request.extensions_mut().insert(claims);
    let found = Claims::<JsonClaims>::from_extensions(request.extensions()).unwrap();
    assert_eq!(found.subject(), Some("alice"));
}
