//! The vectors of ML-DSA (RFC 9964), whose algorithms are not supported: keys and tokens are
//! rejected.

use serde_json::Value;
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{ConfigErrorKind, Key, KeySet};

pub(crate) const FILES: [&str; 3] = [
    "ml-dsa/ML_DSA_44.jose.json",
    "ml-dsa/ML_DSA_65.jose.json",
    "ml-dsa/ML_DSA_87.jose.json",
];

fn public(example: &Value) -> Value {
    let mut jwk = example["jwk"].clone();
    jwk.as_object_mut().unwrap().remove("priv").unwrap();
    jwk
}

#[test]
fn keys_of_ml_dsa_are_rejected_as_unsupported() {
    for file in FILES {
        let Some(example) = crate::vectors::read(file) else {
            return;
        };
        let error = Key::from_jwk(&public(&example).to_string()).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::UnusableKey, "{file}");
    }
}

#[test]
fn tokens_signed_with_ml_dsa_are_rejected() {
    for file in FILES {
        let Some(example) = crate::vectors::read(file) else {
            return;
        };
        let other =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let set = format!(r#"{{"keys":[{},{other}]}}"#, public(&example));
        let keys = KeySet::from_json(&set).unwrap();
        assert_eq!(
            (keys.keys().count(), keys.skipped().len()),
            (1, 1),
            "{file}"
        );
        assert!(
            !is_signed(example["jws"].as_str().unwrap(), &keys),
            "{file}"
        );
    }
}
