//! DPoP proofs and nonces.

use tower_jwt_auth::JwtAuthLayer;

use super::recorder::Recorder;
use crate::support::dpop::{
    bound, builder_with, client, dpop, other_client, post_with, presented, proof, proof_by, valid,
    with_nonces,
};
use crate::support::tokio;
use crate::support::{ISSUER, ask};

fn layer(recorder: &Recorder) -> JwtAuthLayer {
    let builder = builder_with(dpop());
    builder.add_observer(recorder.clone()).build().unwrap()
}

#[tokio::test]
async fn a_proof_that_is_accepted_is_stored_and_the_scheme_is_dpop() {
    let recorder = Recorder::default();
    let layer = layer(&recorder);
    ask(&layer, valid()).await;
    assert_eq!(
        recorder.take(),
        [
            "store proofs insert ok None".to_owned(),
            format!("request accepted none dpop {ISSUER:?}")
        ]
    );
    assert_eq!(layer.authenticator().replay_health().proof_entries, Some(1));
}

#[tokio::test]
async fn a_proof_is_rejected_for_one_of_a_few_reasons() {
    let recorder = Recorder::default();
    let layer = layer(&recorder);
    let token = bound();
    let with = |proof: String| presented(&token, &proof);
    let valid = proof(&token);
    let other_url = client().proof("POST", "https://x.example/", &token);
    let other_url = other_url.clock(&crate::support::clock()).sign();
    let authorization = format!("DPoP {token}");
    let alone = post_with(&[("authorization", &authorization)]);
    let mut twice = with(valid.sign());
    let second = valid.sign().parse().unwrap();
    twice.headers_mut().append("dpop", second);
    let cases = [
        (alone, "missing"),
        (twice, "repeated"),
        (with("x.y".to_owned()), "malformed"),
        (
            with(proof(&token).header("typ", "JWT").sign()),
            "wrong_type",
        ),
        (
            with(proof(&token).header("crit", ["x"]).sign()),
            "unsupported_header",
        ),
        (
            with(proof(&token).header("alg", "HS256").sign()),
            "algorithm_not_allowed",
        ),
        (
            with(proof(&token).without_header("jwk").sign()),
            "unusable_key",
        ),
        (
            with(proof(&token).claim("htm", "GET").sign()),
            "wrong_method",
        ),
        (with(other_url), "wrong_uri"),
        (with(proof("another").sign()), "wrong_token"),
        (with(proof(&token).claim("iat", 1).sign()), "wrong_time"),
    ];
    for (request, reason) in cases {
        ask(&layer, request).await;
        assert_eq!(
            recorder.take(),
            [
                format!("dpop {reason}"),
                format!("request rejected invalid_dpop_proof dpop {ISSUER:?}")
            ]
        );
    }
    let by_another = proof_by(other_client(), &token).sign();
    ask(&layer, with(by_another)).await;
    assert_eq!(
        recorder.take(),
        [
            "dpop wrong_key".to_owned(),
            format!("request rejected unproven_binding dpop {ISSUER:?}")
        ]
    );
}

#[tokio::test]
async fn a_proof_that_was_used_before_is_told_as_a_replay() {
    let recorder = Recorder::default();
    let layer = layer(&recorder);
    let token = bound();
    let proof = proof(&token).sign();
    ask(&layer, presented(&token, &proof)).await;
    recorder.take();
    ask(&layer, presented(&token, &proof)).await;
    assert_eq!(
        recorder.take(),
        [
            "store proofs insert seen None".to_owned(),
            "replay Proof".to_owned(),
            "dpop replayed".to_owned(),
            format!("request rejected invalid_dpop_proof dpop {ISSUER:?}")
        ]
    );
}

#[tokio::test]
async fn a_nonce_that_is_sent_is_told() {
    let recorder = Recorder::default();
    let builder = builder_with(with_nonces());
    let layer = builder.add_observer(recorder.clone()).build().unwrap();
    ask(&layer, valid()).await;
    assert_eq!(
        recorder.take(),
        [
            "dpop wrong_nonce".to_owned(),
            format!("request rejected use_dpop_nonce dpop {ISSUER:?}"),
            "nonce".to_owned()
        ]
    );
}
