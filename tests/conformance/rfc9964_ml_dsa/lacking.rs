//! What a build without ML-DSA says: backend `rust-crypto` without feature `ml-dsa`.

use serde_json::json;
use tower_jwt_auth::{
    Algorithm, ConfigError, ConfigErrorKind, Dpop, ErrorKind, Issuer, Key, KeySet, SkipReason,
};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, default_key, encode, issuer, key_set, layer, ml_dsa, send, token,
};

/// The algorithms that this build lacks.
fn lacking() -> impl Iterator<Item = Algorithm> {
    Algorithm::all().filter(|algorithm| !algorithm.is_supported())
}

fn akp(algorithm: Algorithm) -> serde_json::Value {
    let len = match algorithm {
        Algorithm::MlDsa44 => 1312,
        Algorithm::MlDsa65 => 1952,
        _ => 2592,
    };
    json!({"kty": "AKP", "alg": algorithm.name(), "pub": encode(vec![7; len])})
}

fn assert_names_the_feature(error: &ConfigError, kind: ConfigErrorKind) {
    assert_eq!(error.kind(), kind);
    let text = error.to_string();
    assert!(
        text.contains("feature `ml-dsa`") && text.contains("`aws-lc-rs`"),
        "{text}"
    );
}

#[test]
fn ml_dsa_is_in_builds_with_aws_lc_rs_or_feature_ml_dsa_and_all_else_in_every_build() {
    let has_ml_dsa = cfg!(any(feature = "aws-lc-rs", feature = "ml-dsa"));
    let missing: Vec<_> = lacking().collect();
    let all = [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87];
    assert_eq!(missing, if has_ml_dsa { &[][..] } else { &all });
    // The other tests of ML-DSA are for these.
    assert_eq!(ml_dsa().count(), if has_ml_dsa { 3 } else { 0 });
}

#[test]
fn an_issuer_that_lists_a_lacking_algorithm_is_an_error_that_names_the_feature() {
    for algorithm in lacking() {
        for issuer in [
            Issuer::from_keys(ISSUER, key_set([default_key()]), AUDIENCE),
            Issuer::discovery(ISSUER, AUDIENCE),
        ] {
            let issuer = issuer.algorithms([Algorithm::ES256, algorithm]);
            let error = builder_for(issuer).build().unwrap_err();
            assert_names_the_feature(&error, ConfigErrorKind::InvalidSetting);
            assert!(error.to_string().contains(algorithm.name()), "{error}");
        }
    }
}

#[test]
fn dpop_that_lists_a_lacking_algorithm_is_an_error_that_names_the_feature() {
    for algorithm in lacking() {
        let dpop = Dpop::required().algorithms([Algorithm::ES256, algorithm]);
        let error = builder_for(issuer()).dpop(dpop).build().unwrap_err();
        assert_names_the_feature(&error, ConfigErrorKind::InvalidSetting);
    }
}

#[test]
fn a_key_is_skipped_with_a_reason_that_names_the_feature() {
    for algorithm in lacking() {
        let set = json!({"keys": [akp(algorithm), default_key().jwk()]}).to_string();
        let set = KeySet::from_json(&set).unwrap();
        assert_eq!(set.keys().count(), 1);
        let reason = set.skipped()[0].reason();
        assert_eq!(reason, &SkipReason::NotImplemented);
        assert!(reason.to_string().contains("feature `ml-dsa`"), "{reason}");
        let error = Key::from_jwk(&akp(algorithm).to_string()).unwrap_err();
        assert_names_the_feature(&error, ConfigErrorKind::UnusableKey);
    }
}

#[tokio::test]
async fn a_token_of_a_lacking_algorithm_is_rejected_as_not_allowed() {
    for algorithm in lacking() {
        let token = token().header("alg", algorithm.name()).sign();
        send(&layer(), &token)
            .await
            .invalid_token(ErrorKind::AlgorithmNotAllowed);
    }
}
