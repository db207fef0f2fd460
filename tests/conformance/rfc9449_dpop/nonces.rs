//! Nonces of the server (RFC 9449 §8, §9).

use std::time::Duration;

use http::HeaderMap;
use serde_json::json;
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{DpopNonces, JwtAuthLayer};

use crate::support::dpop::{
    ALGS, INVALID_PROOF, USE_NONCE, bound, builder_with, client, dpop, expect, layer_with,
    other_client, post_with, presented, proof, proof_by, required, with_nonces,
};
use crate::support::{NOW, ask, at, block_on, token};

const MINUTE: Duration = Duration::from_secs(60);

/// Returns the nonce that a client without one is told.
pub(super) fn first_nonce(layer: &JwtAuthLayer) -> String {
    let token = bound();
    let request = presented(&token, &proof(&token).sign());
    let answer = expect(layer, &request, &USE_NONCE, "no nonce");
    answer.header("dpop-nonce").expect("a nonce").to_owned()
}

fn with(nonce: &str) -> http::Request<()> {
    with_token(&long_lived(), nonce)
}

/// Returns a token that is valid for hours around [`NOW`].
fn long_lived() -> String {
    let token = token().issued_at(at(NOW - 7200)).expires_in(240 * MINUTE);
    token.bound_to(client()).sign()
}

fn with_token(token: &str, nonce: &str) -> http::Request<()> {
    presented(token, &proof(token).claim("nonce", nonce).sign())
}

fn layer_at(clock: &TestClock) -> JwtAuthLayer {
    builder_with(with_nonces())
        .clock(clock.clone())
        .build()
        .unwrap()
}

#[test]
fn a_proof_without_a_nonce_is_told_one_in_a_single_challenge_also_in_grpc() {
    for settings in [dpop(), required()] {
        let layer = layer_with(settings.nonces(DpopNonces::random()));
        let token = bound();
        let request = presented(&token, &proof(&token).sign());
        let answer = expect(&layer, &request, &USE_NONCE, "no nonce");
        let description = "the DPoP proof needs a nonce of this server";
        let expected = format!(
            "DPoP error=\"use_dpop_nonce\",error_description=\"{description}\",algs=\"{ALGS}\""
        );
        assert_eq!(answer.challenge(), Some(&*expected));
        let nonce = answer.header("dpop-nonce").unwrap();
        let is_nqchar = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(nonce.len() >= 22 && nonce.bytes().all(is_nqchar), "{nonce}");
        assert_eq!(answer.error.as_ref().unwrap().dpop_nonce(), Some(nonce));
        let call = crate::support::dpop::as_grpc(&request);
        let call = block_on(ask(&layer, call));
        assert!(call.header("dpop-nonce").is_some(), "in the metadata");
    }
}

#[test]
fn a_client_that_learns_its_nonce_is_accepted() {
    let layer = layer_with(with_nonces());
    let nonce = first_nonce(&layer);
    let answer = block_on(ask(&layer, with(&nonce)));
    assert_eq!(answer.header("dpop-nonce"), None, "it is still new");
    answer.accepted();
}

#[test]
fn a_nonce_is_valid_for_all_paths_and_clients() {
    let layer = layer_with(with_nonces());
    let nonce = first_nonce(&layer);
    let token = token().bound_to(other_client()).sign();
    let proof = proof_by(other_client(), &token)
        .claim("nonce", &nonce)
        .sign();
    block_on(ask(&layer, presented(&token, &proof))).accepted();
    block_on(ask(&layer, with(&nonce))).accepted();
}

#[test]
fn nonces_that_are_not_ours_are_answered_with_one_of_ours() {
    let layer = layer_with(with_nonces());
    let nonce = first_nonce(&layer);
    let flipped = |index: usize| {
        let mut bytes = nonce.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let other = first_nonce(&layer_with(with_nonces()));
    let mut wrong = vec![
        String::new(),
        "x".to_owned(),
        "a nonce of the authorization server".to_owned(),
        nonce[..nonce.len() - 1].to_owned(),
        nonce[1..].to_owned(),
        format!("{nonce}A"),
        format!("{nonce}="),
        "A".repeat(5000),
        other,
    ];
    wrong.extend((0..nonce.len() - 1).map(flipped));
    for nonce in wrong {
        let answer = expect(&layer, &with(&nonce), &USE_NONCE, &nonce);
        assert!(answer.header("dpop-nonce").is_some());
    }
    let token = bound();
    for nonce in [json!(1), json!([nonce])] {
        let request = presented(&token, &proof(&token).claim("nonce", &nonce).sign());
        expect(&layer, &request, &INVALID_PROOF, &nonce.to_string());
    }
}

#[test]
fn a_nonce_ends_with_its_lifetime_and_is_renewed_in_the_second_half_of_it() {
    let clock = TestClock::new(at(NOW));
    let layer = layer_at(&clock);
    let nonce = first_nonce(&layer);
    clock.advance(2 * MINUTE);
    let answer = block_on(ask(&layer, with(&nonce)));
    assert_eq!(answer.header("dpop-nonce"), None, "in the first half");
    clock.advance(MINUTE);
    let answer = block_on(ask(&layer, with(&nonce)));
    let newer = answer.header("dpop-nonce").unwrap().to_owned();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.accepted();
    assert_ne!(newer, nonce);
    clock.set(at(NOW + 5 * 60 + 61));
    expect(&layer, &with(&nonce), &USE_NONCE, "the old one has ended");
    block_on(ask(&layer, with(&newer))).accepted();
}

#[test]
fn a_nonce_from_the_future_is_not_valid() {
    let clock = TestClock::new(at(NOW));
    let layer = layer_at(&clock);
    let nonce = first_nonce(&layer);
    clock.set(at(NOW - 30));
    block_on(ask(&layer, with(&nonce))).accepted();
    clock.set(at(NOW - 3600));
    expect(
        &layer,
        &with(&nonce),
        &USE_NONCE,
        "an hour before it was made",
    );
}

#[test]
fn instances_with_the_same_key_accept_each_others_nonces_and_keys_can_be_replaced() {
    let (old, new) = (
        [*b"q8Rz!kT2vLx0#mWp7Yd&cN5sHbJ9uEgA"],
        *b"Zf4@tMx8PqLw1$nVk6Rj^bG3yCsDh0Ue",
    );
    let with_keys =
        |keys: &[[u8; 32]]| layer_with(dpop().nonces(DpopNonces::with_keys(keys).unwrap()));
    let (one, other) = (with_keys(&old), with_keys(&old));
    block_on(ask(&other, with(&first_nonce(&one)))).accepted();
    let rotating = with_keys(&[new, old[0]]);
    block_on(ask(&rotating, with(&first_nonce(&one)))).accepted();
    let rotated = with_keys(&[new]);
    block_on(ask(&rotated, with(&first_nonce(&rotating)))).accepted();
    expect(
        &rotated,
        &with(&first_nonce(&one)),
        &USE_NONCE,
        "the old key",
    );
}

#[test]
fn a_client_that_never_learns_is_told_a_nonce_each_time_and_uses_up_nothing() {
    let layer = layer_with(with_nonces().max_replay_entries(1));
    let token = bound();
    for _ in 0..20 {
        let request = presented(&token, &proof(&token).sign());
        expect(&layer, &request, &USE_NONCE, "again");
    }
    block_on(ask(&layer, with(&first_nonce(&layer)))).accepted();
}

#[test]
fn no_nonce_is_told_to_bearer_tokens_and_to_callers_without_one() {
    let layer = layer_with(with_nonces());
    let unbound = post_with(&[("authorization", &format!("Bearer {}", token().sign()))]);
    let nonce = |headers: &HeaderMap| headers.contains_key("dpop-nonce");
    assert!(!nonce(&block_on(ask(&layer, unbound)).headers));
    assert!(!nonce(&block_on(ask(&layer, post_with(&[]))).headers));
    let stolen = post_with(&[("authorization", &format!("Bearer {}", bound()))]);
    assert!(!nonce(&block_on(ask(&layer, stolen)).headers));
}
