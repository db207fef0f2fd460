//! Member names in what an issuer sends: given twice, spelled with escapes, and those that
//! `serde_json` reads as another value (its feature `raw_value` is enabled in the tests).

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer, Key, KeySet};

use crate::cache::mock::{AUDIENCE, ISSUER, JWKS_URI, Mock, kind};
use crate::support::tokio;

const OPENID: &str = "https://issuer.example/.well-known/openid-configuration";

/// The names with which `serde_json` passes a value of another kind through its data model.
const PRIVATE: [&str; 5] = [
    "$serde_json::private::RawValue",
    "$serde_json::private::Number",
    "$serde_json::private::other",
    r"\u0024serde_json::private::RawValue",
    r"$serde_jso\u006e::private::RawValue",
];

/// Returns the object `{"<name>":"<value as text>"}` for each name.
fn hidden(value: &Value) -> impl Iterator<Item = String> {
    let text = Value::from(value.to_string()).to_string();
    PRIVATE
        .map(|name| format!("{{\"{name}\":{text}}}"))
        .into_iter()
}

fn first_key(mock: &Mock) -> Value {
    let set: Value = serde_json::from_str(&mock.jwks()).unwrap();
    set["keys"][0].clone()
}

/// Returns the object as JSON, with a further member at its end.
fn with_member(object: &Value, member: &str) -> String {
    format!("{},{member}}}", object.to_string().trim_end_matches('}'))
}

/// Returns the kind of the rejection of a valid token if the key set is `set`.
async fn outcome_with(mock: &Mock, set: &str) -> Option<ErrorKind> {
    mock.page(JWKS_URI, set);
    kind(mock.authenticator().authenticate(&mock.token()).await)
}

#[tokio::test(start_paused = true)]
async fn a_text_in_an_object_is_read_neither_as_a_key_set_nor_as_a_key() {
    let mock = Mock::new();
    let key = first_key(&mock);
    let set = json!({"keys": [key]});
    let keys = &set["keys"];
    let sets = hidden(&set)
        .chain(hidden(keys).map(|hidden| format!("{{\"keys\":{hidden}}}")))
        .chain(hidden(&key).map(|hidden| format!("{{\"keys\":[{hidden}]}}")))
        .chain(hidden(&key["x"]).map(|hidden| {
            let mut without = key.clone();
            without.as_object_mut().unwrap().remove("x");
            format!(
                "{{\"keys\":[{}]}}",
                with_member(&without, &format!("\"x\":{hidden}"))
            )
        }));
    for set in sets {
        let outcome = outcome_with(&mock, &set).await;
        assert_eq!(outcome, Some(ErrorKind::KeysUnavailable), "{set}");
        assert!(KeySet::from_json(&set).is_err(), "{set}");
    }
    for hidden in hidden(&key) {
        assert!(Key::from_jwk(&hidden).is_err(), "{hidden}");
    }
    assert_eq!(outcome_with(&mock, &set.to_string()).await, None);
}

#[tokio::test(start_paused = true)]
async fn such_a_member_beside_others_changes_no_key() {
    let mock = Mock::new();
    let key = first_key(&mock);
    let unknown_key = TestKey::generate(Algorithm::ES256).with_key_id(key["kid"].as_str().unwrap());
    let text = Value::from(unknown_key.jwk().to_string()).to_string();
    for name in PRIVATE {
        let member = format!("\"{name}\":{text}");
        let set = format!("{{\"keys\":[{}]}}", with_member(&key, &member));
        mock.page(JWKS_URI, &*set);
        let authenticator = mock.authenticator();
        assert!(
            authenticator.authenticate(&mock.token()).await.is_ok(),
            "{set}"
        );
        let forged = unknown_key.token().issuer(ISSUER).audience(AUDIENCE).sign();
        let outcome = kind(authenticator.authenticate(&forged).await);
        assert_eq!(outcome, Some(ErrorKind::InvalidSignature), "{set}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_of_a_key_that_occurs_twice_makes_it_unusable() {
    let mock = Mock::new();
    let key = first_key(&mock);
    let other = TestKey::generate(Algorithm::ES256).jwk();
    let doubled = [
        r#""kty":"EC""#.to_owned(),
        r#""kty":"oct""#.to_owned(),
        r#""k\u0074y":"EC""#.to_owned(),
        r#""crv":"P-256""#.to_owned(),
        r#""alg":"ES256""#.to_owned(),
        r#""\u0061lg":"HS256""#.to_owned(),
        r#""kid":"other""#.to_owned(),
        r#""use":"sig""#.to_owned(),
        format!("\"x\":{}", key["x"]),
        format!("\"x\":{}", other["x"]),
        format!("\"\\u0078\":{}", other["x"]),
        format!("\"y\":{}", other["y"]),
    ];
    for member in doubled {
        let bad = with_member(&key, &member);
        assert!(Key::from_jwk(&bad).is_err(), "{bad}");
        let set = format!("{{\"keys\":[{bad}]}}");
        let outcome = outcome_with(&mock, &set).await;
        assert_eq!(outcome, Some(ErrorKind::KeysUnavailable), "{bad}");
        // Beside it, another one is used.
        let set = format!("{{\"keys\":[{bad},{key}]}}");
        assert_eq!(outcome_with(&mock, &set).await, None, "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_in_which_keys_occurs_twice_is_rejected() {
    let mock = Mock::new();
    let key = first_key(&mock);
    let other = TestKey::generate(Algorithm::ES256).jwk();
    for set in [
        format!("{{\"keys\":[{other}],\"keys\":[{key}]}}"),
        format!("{{\"keys\":[{key}],\"keys\":[{key}]}}"),
        format!("{{\"keys\":[{key}],\"keys\":[]}}"),
        format!("{{\"\\u006beys\":[],\"keys\":[{key}]}}"),
        format!("{{\"keys\":null,\"k\\u0065ys\":[{key}]}}"),
    ] {
        let outcome = outcome_with(&mock, &set).await;
        assert_eq!(outcome, Some(ErrorKind::KeysUnavailable), "{set}");
        assert!(KeySet::from_json(&set).is_err(), "{set}");
    }
}

/// Returns the kind of the rejection of a valid token if this is the issuer's metadata.
async fn outcome_of(metadata: &str) -> Option<ErrorKind> {
    let mock = Mock::new();
    mock.page(OPENID, metadata);
    let issuer = Issuer::discovery(ISSUER, AUDIENCE).http_client(mock.client());
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    kind(authenticator.authenticate(&mock.token()).await)
}

#[tokio::test(start_paused = true)]
async fn a_member_of_metadata_that_occurs_twice_or_in_a_text_is_rejected() {
    let valid = json!({"issuer": ISSUER, "jwks_uri": JWKS_URI});
    assert_eq!(outcome_of(&valid.to_string()).await, None);
    let doubled = [
        format!("\"issuer\":\"{ISSUER}\""),
        "\"issuer\":\"https://other.example\"".to_owned(),
        format!("\"\\u0069ssuer\":\"{ISSUER}\""),
        format!("\"jwks_uri\":\"{JWKS_URI}\""),
        "\"jwks_uri\":\"https://issuer.example/other\"".to_owned(),
        format!("\"jwks\\u005furi\":\"{JWKS_URI}\""),
    ];
    let doubled = doubled.map(|member| with_member(&valid, &member));
    let hidden_issuer = hidden(&valid["issuer"])
        .map(|hidden| format!("{{\"issuer\":{hidden},\"jwks_uri\":\"{JWKS_URI}\"}}"));
    let hidden_url = hidden(&valid["jwks_uri"])
        .map(|hidden| format!("{{\"issuer\":\"{ISSUER}\",\"jwks_uri\":{hidden}}}"));
    let bad = doubled.into_iter().chain(hidden(&valid));
    for metadata in bad.chain(hidden_issuer).chain(hidden_url) {
        let outcome = outcome_of(&metadata).await;
        assert_eq!(outcome, Some(ErrorKind::KeysUnavailable), "{metadata}");
    }
    // Beside the others, such a member is ignored as any other.
    for name in PRIVATE {
        let member = format!("\"{name}\":\"{{}}\"");
        assert_eq!(
            outcome_of(&with_member(&valid, &member)).await,
            None,
            "{member}"
        );
    }
}
