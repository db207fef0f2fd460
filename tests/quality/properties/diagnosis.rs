//! A diagnosis agrees with the verification of the same token.

use proptest::prelude::*;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, DiagnosisStatus};

use super::support::cases;
use crate::support::{block_on, builder, default_key, encode, payload};

/// Headers and claims, valid and invalid, each of which alone decides on an outcome.
fn token() -> impl Strategy<Value = String> {
    let header = prop::sample::select(vec![
        r#"{"alg":"ES256","kid":"ES256","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"ES256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"other"}"#,
        r#"{"alg":"HS256","kid":"ES256"}"#,
        r#"{"alg":"none"}"#,
        r#"{"alg":1}"#,
        r#"{"alg":"ES256","crit":["b64"]}"#,
        r#"{"alg":"ES256","typ":"logout+jwt"}"#,
        r#"{"alg":"ES256","typ":["JWT"]}"#,
        r"[]",
    ]);
    let claim = prop::sample::select(vec![
        ("iss", ""),
        ("iss", "\"https://other.example\""),
        ("iss", "null"),
        ("sub", "7"),
        ("aud", ""),
        ("aud", "[]"),
        ("aud", "null"),
        ("aud", "[\"account\"]"),
        ("exp", "1"),
        ("exp", ""),
        ("exp", "1e400"),
        ("nbf", "9000000000"),
        ("iat", "1800000000000"),
        ("iat", "\"now\""),
        ("typ", "\"ID\""),
        ("token_use", "\"refresh\""),
        ("events", "{}"),
        ("x", "{\"a\":1,\"a\":2}"),
        ("x", "{"),
    ]);
    let claims = prop::collection::vec(claim, 0..3);
    let signed =
        (header, claims, prop::bool::weighted(0.7)).prop_map(|(header, claims, is_own)| {
            let payload = payload(&claims);
            if is_own {
                default_key().sign_raw(header, payload.as_bytes())
            } else {
                let other_key = TestKey::generate(Algorithm::ES256);
                other_key.sign_raw(header, payload.as_bytes())
            }
        });
    prop_oneof![
        8 => signed,
        1 => "[a-zA-Z0-9_.=-]{0,40}",
        1 => ".{0,20}",
        1 => Just(format!("{}.{}.!", encode(r#"{"alg":"ES256"}"#), encode(payload(&[])))),
    ]
}

fn check(authenticator: &Authenticator, token: &str) {
    let outcome = block_on(authenticator.authenticate(token));
    let diagnosis = block_on(authenticator.diagnose(token));
    let failed = diagnosis
        .checks()
        .iter()
        .filter(|check| check.status() == DiagnosisStatus::Failed);
    let kinds: Vec<_> = failed.map(|check| check.error().unwrap().kind()).collect();
    match outcome {
        Ok(_) => assert!(
            diagnosis.error().is_none() && kinds.is_empty(),
            "{token} {diagnosis}"
        ),
        Err(error) => {
            assert_eq!(
                diagnosis.error().unwrap().kind(),
                error.kind(),
                "{token} {diagnosis}"
            );
            assert!(
                kinds.contains(&error.kind()),
                "{error:?} {token} {diagnosis}"
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_diagnosis_fails_with_the_error_of_the_verification(token in token()) {
        let strict = builder().build().unwrap();
        check(strict.authenticator(), &token);
        let rfc9068 = builder().access_tokens_only().build().unwrap();
        check(rfc9068.authenticator(), &token);
    }
}
