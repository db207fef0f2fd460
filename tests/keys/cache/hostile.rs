//! Deep JSON and huge numbers in an issuer's responses.

use serde_json::{Value, json};
use tower_jwt_auth::{Authenticator, ErrorKind, Issuer, JwksCacheSettings, KeySet};

use crate::cache::mock::{AUDIENCE, ISSUER, JWKS_URI, Mock, kind};
use crate::support::tokio;

const OPENID: &str = "https://issuer.example/.well-known/openid-configuration";
/// Fits into a body of 1 MiB, and overflows the stack of a parser without a limit on recursion.
const DEPTH: usize = 100_000;
const HUGE: [&str; 6] = [
    "1e400",
    "-1e400",
    "99999999999999999999999999999999999999",
    "1e-999999999",
    "-0",
    "0.1e+1",
];

fn deep() -> [String; 4] {
    let nested =
        |open: &str, close: &str, depth| format!("{}0{}", open.repeat(depth), close.repeat(depth));
    [
        nested("[", "]", DEPTH),
        nested("{\"a\":", "}", DEPTH / 4),
        "[".repeat(DEPTH),
        "{\"a\":".repeat(DEPTH / 4),
    ]
}

/// Returns the object as JSON, with a further member whose value is `text`.
fn with_member(object: &Value, name: &str, text: &str) -> String {
    format!(
        "{},\"{name}\":{text}}}",
        object.to_string().trim_end_matches('}')
    )
}

fn huge() -> impl Iterator<Item = String> {
    HUGE.iter()
        .map(ToString::to_string)
        .chain(["9".repeat(10_000), format!("0.{}", "9".repeat(10_000))])
}

/// Returns whether a token of the valid key is accepted if the key set is `set`.
async fn is_accepted_with(mock: &Mock, set: String) -> bool {
    mock.page(JWKS_URI, set);
    let outcome = kind(mock.authenticator().authenticate(&mock.token()).await);
    assert!(
        matches!(outcome, None | Some(ErrorKind::KeysUnavailable)),
        "{outcome:?}"
    );
    outcome.is_none()
}

#[tokio::test(start_paused = true)]
async fn deep_json_in_a_key_set_affects_at_most_that_set() {
    let mock = Mock::new();
    let valid: Value = serde_json::from_str(&mock.jwks()).unwrap();
    for text in deep() {
        let complete = text.ends_with(['}', ']']);
        assert!(!is_accepted_with(&mock, text.clone()).await);
        assert!(!is_accepted_with(&mock, format!("{{\"keys\":{text}}}")).await);
        let accepted = is_accepted_with(
            &mock,
            format!("{{\"x\":{text},\"keys\":{}}}", valid["keys"]),
        )
        .await;
        assert_eq!(
            accepted, complete,
            "an ignored member need only be valid JSON"
        );
        for member in ["kid", "kty", "alg", "x", "key_ops", "x5c", "d", "other"] {
            let mut key = valid["keys"][0].clone();
            key.as_object_mut().unwrap().remove(member);
            let bad = with_member(&key, member, &text);
            let set = format!("{{\"keys\":[{bad},{}]}}", valid["keys"][0]);
            assert_eq!(
                is_accepted_with(&mock, set).await,
                complete,
                "{member}: the valid key in the set stays usable"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn huge_numbers_in_a_key_set_do_no_harm() {
    let mock = Mock::new();
    let valid: Value = serde_json::from_str(&mock.jwks()).unwrap();
    for number in huge() {
        let bad = with_member(&json!({"kty": "EC"}), "kid", &number);
        let set = format!(
            "{{\"x\":{number},\"keys\":[{bad},{number},{}]}}",
            valid["keys"][0]
        );
        assert!(is_accepted_with(&mock, set).await, "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn deep_json_and_huge_numbers_in_metadata_do_no_harm() {
    let metadata = json!({"issuer": ISSUER, "jwks_uri": JWKS_URI});
    for text in deep().into_iter().chain(huge()) {
        for member in ["other", "jwks_uri", "issuer"] {
            let mock = Mock::new();
            let mut rest = metadata.clone();
            rest.as_object_mut().unwrap().remove(member);
            mock.page(OPENID, with_member(&rest, member, &text));
            let issuer = Issuer::discovery(ISSUER, AUDIENCE)
                .http_client(mock.client())
                .jwks_cache(JwksCacheSettings::default());
            let authenticator = Authenticator::builder(issuer)
                .build_authenticator()
                .unwrap();
            let outcome = kind(authenticator.authenticate(&mock.token()).await);
            let expected = member == "other"
                && serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            assert_eq!(
                outcome,
                (!expected).then_some(ErrorKind::KeysUnavailable),
                "{member}: {text:.20}"
            );
        }
    }
}

#[test]
fn deep_json_in_configured_keys_is_an_error_and_no_stack_overflow() {
    for text in deep() {
        assert!(KeySet::from_json(&text).is_err());
        assert!(KeySet::from_json(&format!("{{\"keys\":[{text}]}}")).is_err());
        assert!(tower_jwt_auth::Key::from_jwk(&text).is_err());
    }
}
