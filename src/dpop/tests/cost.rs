//! What a proof costs: no allocation for its key on a hit, nothing cached for other clients.

use allocation_counter::measure;
use serde_json::json;

use super::support::{Client, NOW, TOKEN, URL, is_accepted, seconds, verifier};
use crate::dpop::{PresentedProof, ProofVerifier};
use crate::request::RequestParts;

/// Returns how often verifying a proof allocates.
fn allocations(verifier: &ProofVerifier, client: &Client, proof: &str) -> u64 {
    let request = http::Request::get(URL).body(()).unwrap();
    let presented = PresentedProof {
        proof: proof.as_bytes(),
        token: TOKEN.as_bytes(),
        thumbprint: &client.thumbprint(),
        request: RequestParts::from(&request),
    };
    let counted = measure(|| {
        assert!(verifier.verify(&presented, seconds(NOW)).is_ok());
    });
    counted.count_total
}

#[test]
fn with_a_cached_key_only_the_id_is_allocated() {
    let client = Client::p256();
    let verifier = verifier();
    let first = allocations(&verifier, &client, &client.proof());
    let hit = allocations(&verifier, &client, &client.proof());
    assert!(first > hit, "{first}");
    assert_eq!(hit, 1);
}

#[test]
fn a_key_is_cached_only_after_a_proof_with_a_token_that_is_bound_to_it() {
    let (client, other) = (Client::p256(), Client::p256());
    let verifier = verifier();
    let thumbprint = client.thumbprint();
    let is_cached = |proof: &str| {
        let header = proof.split('.').next().unwrap();
        verifier.keys.get(&thumbprint, header.as_bytes()).is_some()
    };
    let proof = client.proof();
    // A wrong signature, a claim that is wrong, and a token of another client.
    let forged = other.sign(
        &client.header().to_string(),
        &super::support::claims().to_string(),
    );
    let wrong = client.with_claim("htm", Some(json!("PUT")));
    for rejected in [&forged, &wrong] {
        assert!(!is_accepted(&client.verify(&verifier, rejected)));
        assert!(!is_cached(rejected));
    }
    assert!(!is_accepted(&other.verify(&verifier, &proof)));
    assert!(!is_cached(&proof));
    assert!(is_accepted(&client.verify(&verifier, &proof)));
    assert!(is_cached(&proof));
}
