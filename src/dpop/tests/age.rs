//! The age of a proof: `iat`, `exp`, `nbf`.

use serde_json::json;

use super::support::{Client, LEEWAY, NOW, build, is_accepted, reason, seconds, verifier};
use crate::dpop::Dpop;

#[test]
fn a_proof_is_accepted_for_its_maximum_age_and_the_leeway_on_both_sides() {
    let client = Client::p256();
    for max_age in [5, 60, 300] {
        let verifier = build(Dpop::optional().max_age(seconds(max_age)));
        let proof = client.proof();
        let accepts = |now| is_accepted(&client.verify_at(&verifier, &proof, now));
        let last = NOW + (max_age + LEEWAY).min(300);
        assert!(
            accepts(NOW - LEEWAY) && accepts(NOW) && accepts(last),
            "{max_age}"
        );
        for now in [NOW - LEEWAY - 1, last + 1, 0] {
            let reason = reason(client.verify_at(&verifier, &proof, now));
            assert_eq!(
                reason, "iat is too far in the past or in the future",
                "{now}"
            );
        }
    }
}

#[test]
fn a_longer_leeway_for_tokens_is_none_for_proofs() {
    let client = Client::p256();
    let verifier = Dpop::optional().build(seconds(3600)).unwrap();
    let proof = client.proof();
    for (now, is_valid) in [
        (NOW - 61, false),
        (NOW - 60, true),
        (NOW + 120, true),
        (NOW + 121, false),
    ] {
        let outcome = client.verify_at(&verifier, &proof, now);
        assert_eq!(is_accepted(&outcome), is_valid, "{now}");
    }
}

#[test]
fn a_time_with_a_fraction_is_compared_with_it() {
    let client = Client::p256();
    let proof = client.with_claim("iat", Some(json!(1_800_000_000.5)));
    let last = NOW + 60 + LEEWAY;
    assert!(is_accepted(&client.verify_at(&verifier(), &proof, last)));
    let _ = reason(client.verify_at(&verifier(), &proof, last + 1));
    let _ = reason(client.verify_at(&verifier(), &proof, NOW - LEEWAY));
}

#[test]
fn milliseconds_and_proofs_made_in_advance_are_rejected() {
    let client = Client::p256();
    let milliseconds = client.with_claim("iat", Some(json!(NOW * 1000)));
    let outcome = client.verify(&verifier(), &milliseconds);
    assert_eq!(reason(outcome), "the claims are malformed");
    for iat in [NOW + 24 * 60 * 60, NOW * 100, 0] {
        let proof = client.with_claim("iat", Some(json!(iat)));
        let reason = reason(client.verify(&verifier(), &proof));
        assert_eq!(
            reason, "iat is too far in the past or in the future",
            "{iat}"
        );
    }
}

#[test]
fn exp_and_nbf_are_honoured_where_they_are_present() {
    let client = Client::p256();
    for (name, value, expected) in [
        ("exp", NOW - LEEWAY + 1, None),
        ("exp", NOW - LEEWAY, Some("exp has passed")),
        ("nbf", NOW + LEEWAY, None),
        ("nbf", NOW + LEEWAY + 1, Some("nbf is in the future")),
    ] {
        let proof = client.with_claim(name, Some(json!(value)));
        let outcome = client.verify(&verifier(), &proof);
        match expected {
            None => assert!(is_accepted(&outcome), "{name} {value}"),
            Some(expected) => assert_eq!(reason(outcome), expected, "{name} {value}"),
        }
    }
}
