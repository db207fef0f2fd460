//! ML-DSA is off unless an issuer's algorithms list it.

use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Algorithm, AlgorithmSet, ConfigErrorKind, ErrorKind, Issuer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, builder_for, key, key_set, ml_dsa, send, token_of};

#[test]
fn the_asymmetric_algorithms_do_not_include_ml_dsa() {
    let all = AlgorithmSet::asymmetric();
    let ml_dsa = [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87];
    assert!(ml_dsa.iter().all(|algorithm| !all.contains(*algorithm)));
    assert_eq!(all.iter().count(), 10);
}

#[tokio::test]
async fn a_key_alone_does_not_allow_its_algorithm() {
    for algorithm in ml_dsa() {
        let keys = key_set([Algorithm::ES256, algorithm].map(key));
        let layer = builder_for(Issuer::from_keys(ISSUER, keys, AUDIENCE))
            .build()
            .unwrap();
        send(&layer, &token_of(key(Algorithm::ES256)).sign())
            .await
            .accepted();
        send(&layer, &token_of(key(algorithm)).sign())
            .await
            .invalid_token(ErrorKind::AlgorithmNotAllowed);
    }
}

#[test]
fn keys_of_ml_dsa_alone_need_its_algorithm_to_be_listed() {
    for algorithm in ml_dsa() {
        let issuer = || Issuer::from_keys(ISSUER, key_set([key(algorithm)]), AUDIENCE);
        let error = builder_for(issuer()).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::NoAlgorithms);
        let expected = format!(
            "algorithms of issuer {ISSUER:?} is not set, and its keys are for {algorithm}, which is \
             off by default: must contain it"
        );
        assert_eq!(error.to_string(), expected);
        assert!(
            builder_for(issuer().algorithms([algorithm]))
                .build()
                .is_ok()
        );
    }
}

#[tokio::test]
async fn each_issuer_has_its_own_choice() {
    for algorithm in ml_dsa() {
        let other = "https://other.example";
        let keys = || key_set([Algorithm::ES256, algorithm].map(key));
        let layer = builder_for(Issuer::from_keys(ISSUER, keys(), AUDIENCE))
            .add_issuer(
                Issuer::from_keys(other, keys(), AUDIENCE)
                    .algorithms([Algorithm::ES256, algorithm]),
            )
            .build()
            .unwrap();
        let token = token_of(key(algorithm));
        send(&layer, &token.clone().issuer(other).sign())
            .await
            .accepted();
        send(&layer, &token.sign())
            .await
            .invalid_token(ErrorKind::AlgorithmNotAllowed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fetched_keys_need_the_algorithm_to_be_listed_too() {
    for algorithm in ml_dsa() {
        let issuer = TestIssuer::builder()
            .algorithms([Algorithm::ES256, algorithm])
            .start()
            .await
            .unwrap();
        let trusted = || Issuer::discovery(issuer.issuer(), AUDIENCE);
        let build = |issuer| {
            tower_jwt_auth::Authenticator::builder(issuer)
                .build_authenticator()
                .unwrap()
        };
        let token = issuer.token_with(algorithm).sign();
        let by_default = build(trusted()).authenticate(&token).await;
        assert_eq!(
            by_default.unwrap_err().kind(),
            ErrorKind::AlgorithmNotAllowed
        );
        let listed = build(trusted().algorithms([Algorithm::ES256, algorithm]));
        let claims = listed.authenticate(&token).await.unwrap();
        assert_eq!(claims.algorithm(), Some(algorithm));
    }
}
