//! Nonces of the server (RFC 9449 §8, §9).

use std::collections::HashSet;

use http::HeaderValue;
use serde_json::json;

use super::support::{Client, LEEWAY, NOW, build, changed, claims, is_accepted, reason, seconds};
use crate::config_error::ConfigErrorKind;
use crate::dpop::{Dpop, DpopNonces, ProofError, ProofVerifier, VerifiedProof};

const LIFETIME: u64 = 300;

fn key(seed: u8) -> Vec<u8> {
    (0..32)
        .map(|n: u8| n.wrapping_mul(37).wrapping_add(seed))
        .collect()
}

fn with_keys(seeds: &[u8]) -> ProofVerifier {
    let keys = seeds.iter().map(|seed| key(*seed));
    build(Dpop::optional().nonces(DpopNonces::with_keys(keys).unwrap()))
}

fn nonce_of(outcome: Result<VerifiedProof, ProofError>) -> String {
    match outcome {
        Err(ProofError::UseNonce(nonce)) => nonce.to_str().unwrap().to_owned(),
        Err(other) => panic!("rejected as {other:?}"),
        Ok(_) => panic!("accepted"),
    }
}

/// Returns the nonce that a client gets at this time.
fn issued(verifier: &ProofVerifier, client: &Client, now: u64) -> String {
    nonce_of(client.verify_at(verifier, &client.proof(), now))
}

fn with_nonce(client: &Client, nonce: &str) -> String {
    client.with_claim("nonce", Some(json!(nonce)))
}

#[test]
fn a_proof_without_a_nonce_gets_one_with_which_the_next_passes() {
    let client = Client::p256();
    let verifier = with_keys(&[1]);
    let nonce = issued(&verifier, &client, NOW);
    let outcome = client.verify(&verifier, &with_nonce(&client, &nonce));
    assert!(is_accepted(&outcome));
    assert!(outcome.unwrap().next_nonce().is_none());
}

#[test]
fn a_nonce_is_32_characters_of_nqchar_and_unpredictable() {
    let client = Client::p256();
    let verifier = with_keys(&[1]);
    let nonces: HashSet<_> = (0..100)
        .map(|n| issued(&verifier, &client, NOW + n))
        .collect();
    assert_eq!(nonces.len(), 100);
    for nonce in nonces {
        // RFC 9449 §8.1: %x21 / %x23-5B / %x5D-7E.
        let is_base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(
            nonce.len() == 32 && nonce.chars().all(is_base64url),
            "{nonce}"
        );
    }
    let other = issued(&with_keys(&[2]), &client, NOW);
    assert_ne!(other, issued(&verifier, &client, NOW));
    let (random, another) = (DpopNonces::random(), DpopNonces::random());
    assert_ne!(random.issue(seconds(NOW)), another.issue(seconds(NOW)));
}

#[test]
fn a_nonce_is_valid_for_its_lifetime_and_not_before_it_was_made() {
    let client = Client::p256();
    let verifier = with_keys(&[1]);
    let proof = with_nonce(&client, &issued(&verifier, &client, NOW));
    for now in [NOW - LEEWAY, NOW, NOW + LIFETIME] {
        assert!(
            is_accepted(&client.verify_at(&verifier, &proof, now)),
            "{now}"
        );
    }
    for now in [NOW - LEEWAY - 1, NOW + LIFETIME + 1] {
        let newer = nonce_of(client.verify_at(&verifier, &proof, now));
        let proof = with_nonce(&client, &newer);
        assert!(
            is_accepted(&client.verify_at(&verifier, &proof, now)),
            "{now}"
        );
    }
}

#[test]
fn a_nonce_in_the_second_half_of_its_lifetime_brings_a_newer_one() {
    let client = Client::p256();
    let verifier = with_keys(&[1]);
    let nonce = issued(&verifier, &client, NOW);
    let proof = with_nonce(&client, &nonce);
    let next = |now| {
        let accepted = client.verify_at(&verifier, &proof, now).ok().unwrap();
        accepted.next_nonce().cloned()
    };
    assert_eq!(next(NOW + LIFETIME / 2 - 1), None);
    let newer = next(NOW + LIFETIME / 2).unwrap();
    assert_ne!(newer, HeaderValue::from_str(&nonce).unwrap());
    let proof = with_nonce(&client, newer.to_str().unwrap());
    let later = NOW + LIFETIME + 100;
    assert!(is_accepted(&client.verify_at(&verifier, &proof, later)));
}

#[test]
fn every_other_nonce_is_answered_with_a_valid_one() {
    let client = Client::p256();
    let verifier = with_keys(&[1]);
    let valid = issued(&verifier, &client, NOW);
    let others = [
        String::new(),
        valid.chars().skip(1).collect(),
        valid.chars().take(31).collect(),
        format!("{valid}A"),
        format!("{valid}="),
        format!(" {valid}"),
        "A".repeat(32),
        "n".repeat(4000),
        "\u{e9}".repeat(16),
        "of-the-authorization-server".to_owned(),
        issued(&with_keys(&[2]), &client, NOW),
    ];
    for other in others {
        let nonce = nonce_of(client.verify(&verifier, &with_nonce(&client, &other)));
        assert_eq!(nonce, valid, "{other}");
    }
    let bytes = crate::encoding::base64url::decode(&valid).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let other = super::support::encode(bytes);
        let nonce = nonce_of(client.verify(&verifier, &with_nonce(&client, &other)));
        assert_eq!(nonce, valid, "{bit}");
    }
    let outcome = client.verify(&verifier, &client.with_claim("nonce", Some(json!(7))));
    assert_eq!(reason(outcome), "the claims are malformed");
}

#[test]
fn keys_rotate_with_overlap_and_the_first_one_makes_nonces() {
    let client = Client::p256();
    let (old, both, new) = (with_keys(&[1]), with_keys(&[2, 1]), with_keys(&[2]));
    let of_old = with_nonce(&client, &issued(&old, &client, NOW));
    assert!(is_accepted(&client.verify(&both, &of_old)));
    assert_eq!(issued(&both, &client, NOW), issued(&new, &client, NOW));
    let of_new = with_nonce(&client, &issued(&both, &client, NOW));
    assert!(is_accepted(&client.verify(&new, &of_new)));
    assert_eq!(
        nonce_of(client.verify(&new, &of_old)),
        issued(&new, &client, NOW)
    );
}

#[test]
fn with_nonces_the_clock_of_the_client_does_not_count_but_iat_is_a_number() {
    let client = Client::p256();
    let verifier = with_keys(&[1]);
    let nonce = issued(&verifier, &client, NOW);
    let with_iat = |iat: serde_json::Value| {
        let claims = changed(claims(), "nonce", Some(json!(nonce)));
        let claims = changed(claims, "iat", Some(iat)).to_string();
        client.verify(
            &verifier,
            &client.sign(&client.header().to_string(), &claims),
        )
    };
    for iat in [0, NOW - 86_400, NOW + 86_400] {
        assert!(is_accepted(&with_iat(json!(iat))), "{iat}");
    }
    assert_eq!(reason(with_iat(json!("1"))), "the claims are malformed");
}

#[test]
fn a_nonce_is_not_bound_to_a_client_and_makes_nothing_else_right() {
    let (client, other) = (Client::p256(), Client::p256());
    let verifier = with_keys(&[1]);
    let nonce = issued(&verifier, &client, NOW);
    assert!(is_accepted(
        &other.verify(&verifier, &with_nonce(&other, &nonce))
    ));
    let outcome = client.verify(&verifier, &with_nonce(&other, &nonce));
    assert_eq!(outcome.err(), Some(ProofError::WrongKey));
    // An invalid proof is told so, and is not sent for a nonce first.
    let outcome = client.verify(&verifier, &client.with_claim("htm", Some(json!("PUT"))));
    assert_eq!(reason(outcome), "htm is not the method of the request");
}

#[test]
fn a_weak_key_or_a_lifetime_out_of_range_is_an_error() {
    let kind = |keys: &[&[u8]]| DpopNonces::with_keys(keys).unwrap_err().kind();
    let weak: [&[u8]; 4] = [
        &key(1)[..31],
        &[0; 32],
        &[7; 64],
        b"a-string-secret-at-least-256-bits-long",
    ];
    for key in weak {
        assert_eq!(kind(&[key]), ConfigErrorKind::WeakSecret, "{key:?}");
    }
    assert_eq!(kind(&[]), ConfigErrorKind::InvalidSetting);
    let keys: Vec<_> = (1..10).map(key).collect();
    assert!(DpopNonces::with_keys(&keys[..8]).is_ok());
    assert!(DpopNonces::with_keys(&keys).is_err());
    for (lifetime, valid) in [(29, false), (30, true), (3600, true), (3601, false)] {
        let nonces = DpopNonces::random().lifetime(seconds(lifetime));
        let built = Dpop::optional().nonces(nonces).build(seconds(60));
        assert_eq!(built.is_ok(), valid, "{lifetime}");
    }
}

#[test]
fn the_debug_output_shows_no_key() {
    let nonces = DpopNonces::with_keys([key(1)]).unwrap();
    assert_eq!(
        format!("{nonces:?}"),
        "DpopNonces { keys: 1, lifetime: 300s, .. }"
    );
}
