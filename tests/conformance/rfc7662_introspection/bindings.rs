//! Tokens that are bound to their sender (RFC 9449 §6.2, RFC 8705 §3.2): `cnf` of the answer.

#![expect(
    clippy::needless_pass_by_value,
    reason = "answers are written where they are passed"
)]

use std::time::Duration;

use serde_json::json;
use tower_jwt_auth::{
    ClientCertificate, ClientCertificates, ErrorKind, IntrospectionSettings, Rule,
};

use super::endpoint::{Endpoint, active};
use crate::support::dpop::{client, dpop, other_client, presented, proof, proof_by};
use crate::support::tokio;
use crate::support::{NOW, ask, bearer, encode};

const TOKEN: &str = "opaque-bound-token";

fn endpoint(cnf: serde_json::Value) -> Endpoint {
    Endpoint::answering(active(json!({"cnf": cnf, "token_type": "DPoP"})))
}

// 7
#[tokio::test(start_paused = true)]
async fn a_bound_token_is_no_bearer_token_whether_its_answer_is_cached_or_not() {
    let endpoint = endpoint(json!({"jkt": client().thumbprint()}));
    for layer in [
        endpoint.layer(),
        endpoint
            .builder(IntrospectionSettings::default())
            .dpop(dpop())
            .build()
            .unwrap(),
    ] {
        for _ in 0..2 {
            let answer = ask(&layer, bearer(TOKEN)).await;
            assert_eq!(answer.kind(), Some(ErrorKind::UnprovenBinding));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_proof_of_the_key_is_checked_at_every_use() {
    let endpoint = endpoint(json!({"jkt": client().thumbprint()}));
    let builder = endpoint
        .builder(IntrospectionSettings::default())
        .dpop(dpop());
    let layer = builder.build().unwrap();
    for _ in 0..2 {
        let valid = presented(TOKEN, &proof(TOKEN).sign());
        let claims = ask(&layer, valid).await.accepted();
        assert!(claims.confirmation().key_thumbprint().is_some());
        let other = presented(TOKEN, &proof_by(other_client(), TOKEN).sign());
        let answer = ask(&layer, other).await;
        answer.rejected(401, Some("invalid_token"), ErrorKind::UnprovenBinding);
        let of_other_token = presented(TOKEN, &proof("other").sign());
        let answer = ask(&layer, of_other_token).await;
        assert_eq!(answer.kind(), Some(ErrorKind::InvalidDpopProof));
        let answer = ask(&layer, bearer(TOKEN)).await;
        assert_eq!(answer.kind(), Some(ErrorKind::UnprovenBinding));
    }
    assert_eq!(endpoint.questions(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_certificate_is_checked_at_every_use() {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"alice");
    let endpoint = endpoint(json!({"x5t#S256": encode(hash)}));
    let builder = endpoint.builder(IntrospectionSettings::default());
    let layer = builder
        .mtls(ClientCertificates::from_connection())
        .build()
        .unwrap();
    let with = |certificate: &'static [u8]| {
        let mut request = bearer(TOKEN);
        let certificate = ClientCertificate::from_der(certificate);
        request.extensions_mut().insert(certificate);
        request
    };
    for _ in 0..2 {
        let claims = ask(&layer, with(b"alice")).await.accepted();
        assert!(claims.confirmation().certificate_thumbprint().is_some());
        for request in [with(b"mallory"), bearer(TOKEN)] {
            let answer = ask(&layer, request).await;
            answer.invalid_token(ErrorKind::UnprovenBinding);
        }
    }
    assert_eq!(endpoint.questions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cnf_that_can_not_be_read_is_never_taken_as_unbound() {
    for cnf in [
        json!([]),
        json!("x"),
        json!({}),
        json!({"jkt": null}),
        json!({"jkt": ""}),
        json!({"jkt": ["x"]}),
        json!({"kid": "x"}),
        json!({"jwk": {}}),
    ] {
        let endpoint = endpoint(cnf.clone());
        let builder = endpoint
            .builder(IntrospectionSettings::default())
            .dpop(dpop());
        let layer = builder.build().unwrap();
        let answer = ask(&layer, bearer(TOKEN)).await;
        assert_eq!(answer.status, 401, "{cnf}");
    }
}

// RFC 9470 §6.2
#[tokio::test(start_paused = true)]
async fn how_and_when_the_user_has_authenticated_is_read_from_the_answer() {
    let recent = || Rule::max_age(Duration::from_secs(300)).unwrap();
    let rule = || Rule::acr(["gold"]).unwrap().and(recent());
    for (changes, is_accepted) in [
        (json!({"acr": "gold", "auth_time": NOW - 300}), true),
        (json!({"acr": "gold", "auth_time": NOW - 400}), false),
        (json!({"acr": "bronze", "auth_time": NOW}), false),
        (json!({}), false),
    ] {
        let endpoint = Endpoint::answering(active(changes.clone()));
        let builder = endpoint.builder(IntrospectionSettings::default());
        let layer = builder.check(rule()).build().unwrap();
        let answer = ask(&layer, bearer("opaque-token")).await;
        let expected = (!is_accepted).then_some(ErrorKind::InsufficientUserAuthentication);
        assert_eq!(answer.kind(), expected, "{changes}");
    }
}
