//! An issuer that moves from one kind of signature to the other.

use tower_jwt_auth::testing::{Rotation, TestIssuer};
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ml_dsa};

fn service(issuer: &TestIssuer, algorithms: &[Algorithm]) -> Authenticator {
    let trusted = Issuer::discovery(issuer.issuer(), AUDIENCE);
    Authenticator::builder(trusted.algorithms(algorithms.iter().copied()))
        .build_authenticator()
        .unwrap()
}

async fn algorithm(service: &Authenticator, token: &str) -> Option<Algorithm> {
    service.authenticate(token).await.unwrap().algorithm()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_both_kinds_of_keys_of_one_issuer_are_accepted() {
    for new in ml_dsa() {
        let issuer = TestIssuer::builder()
            .algorithms([Algorithm::ES256, new])
            .start()
            .await
            .unwrap();
        let service = service(&issuer, &[Algorithm::ES256, new]);
        for signed in [Algorithm::ES256, new] {
            let token = issuer.token_with(signed).sign();
            assert_eq!(algorithm(&service, &token).await, Some(signed));
        }
        assert_eq!(issuer.jwks_fetches(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_moves_from_one_kind_to_the_other_without_a_rejected_token() {
    for new in ml_dsa() {
        let issuer = TestIssuer::start().await.unwrap();
        // Services list both, before the issuer changes anything.
        let service = service(&issuer, &[Algorithm::ES256, new]);
        let old_token = issuer.token().sign();
        assert_eq!(
            algorithm(&service, &old_token).await,
            Some(Algorithm::ES256)
        );

        // The issuer signs with both. The keys that are cached are fresh, and lack the new ones.
        issuer.rotate_to(Rotation::Overlapping, [Algorithm::ES256, new]);
        let tokens = [Algorithm::ES256, new].map(|signed| issuer.token_with(signed).sign());
        assert_eq!(algorithm(&service, &tokens[1]).await, Some(new));
        assert_eq!(
            algorithm(&service, &tokens[0]).await,
            Some(Algorithm::ES256)
        );
        assert_eq!(
            algorithm(&service, &old_token).await,
            Some(Algorithm::ES256)
        );

        // It signs with the new kind alone. Tokens of the old kind stay valid until their keys go.
        issuer.rotate_to(Rotation::Overlapping, [new]);
        let new_token = issuer.token().sign();
        assert_eq!(algorithm(&service, &new_token).await, Some(new));
        for token in [&old_token, &tokens[0], &tokens[1]] {
            assert!(service.authenticate(token).await.is_ok());
        }
        issuer.retire_old_keys();
        assert_eq!(algorithm(&service, &new_token).await, Some(new));
    }
}

// The last step: what the old algorithm is broken with must not suffice any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_no_longer_lists_the_old_algorithm_rejects_its_tokens() {
    for new in ml_dsa() {
        let issuer = TestIssuer::builder()
            .algorithms([Algorithm::ES256, new])
            .start()
            .await
            .unwrap();
        let service = service(&issuer, &[new]);
        let token = |signed| issuer.token_with(signed).sign();
        assert_eq!(algorithm(&service, &token(new)).await, Some(new));
        let error = service.authenticate(&token(Algorithm::ES256)).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::AlgorithmNotAllowed);
    }
}

// And back, if the new kind makes trouble.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_moves_back_without_a_rejected_token() {
    for new in ml_dsa() {
        let issuer = TestIssuer::builder()
            .algorithms([new])
            .start()
            .await
            .unwrap();
        let service = service(&issuer, &[Algorithm::ES256, new]);
        let first = issuer.token().sign();
        assert_eq!(algorithm(&service, &first).await, Some(new));
        issuer.rotate_to(Rotation::Overlapping, [Algorithm::ES256]);
        let second = issuer.token().sign();
        assert_eq!(algorithm(&service, &second).await, Some(Algorithm::ES256));
        assert_eq!(algorithm(&service, &first).await, Some(new));
    }
}
