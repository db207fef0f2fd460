//! Single use of proofs (RFC 9449 §11.1).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::time::advance;

use super::support::{Client, LEEWAY, NOW, build, seconds, verifier};
use crate::dpop::{Dpop, DpopNonces, ProofError, ProofVerifier};
use crate::replay::{InsertOutcome, MemoryReplayStore, ReplayKey, ReplayKind, ReplayStore};

/// Uses a proof. Returns whether it was new, or `None` if the store has no space.
fn use_at(verifier: &ProofVerifier, client: &Client, proof: &str, now: u64) -> Option<bool> {
    let accepted = client.verify_at(verifier, proof, now).ok().unwrap();
    match verifier.use_once(&accepted, seconds(now)) {
        InsertOutcome::Ready(inserted) => inserted.ok(),
        _ => panic!("the store in memory does not wait"),
    }
}

#[test]
fn a_proof_is_used_once_and_another_id_is_another_proof() {
    let client = Client::p256();
    let verifier = verifier();
    let proof = client.proof();
    assert_eq!(use_at(&verifier, &client, &proof, NOW), Some(true));
    assert_eq!(use_at(&verifier, &client, &proof, NOW + 1), Some(false));
    // Another signature of the same claims has the same id.
    assert_eq!(
        use_at(&verifier, &client, &client.proof(), NOW),
        Some(false)
    );
    let other = client.with_claim("jti", Some(json!("2")));
    assert_eq!(use_at(&verifier, &client, &other, NOW), Some(true));
}

#[test]
fn the_same_id_of_two_keys_is_used_once_by_each() {
    let (client, other) = (Client::p256(), Client::p256());
    let verifier = verifier();
    for client in [&client, &other] {
        assert_eq!(use_at(&verifier, client, &client.proof(), NOW), Some(true));
    }
    assert_eq!(
        use_at(&verifier, &client, &client.proof(), NOW),
        Some(false)
    );
}

#[test]
fn verifying_a_proof_does_not_use_it() {
    let client = Client::p256();
    let verifier = verifier();
    let proof = client.proof();
    for _ in 0..3 {
        assert!(client.verify(&verifier, &proof).is_ok());
    }
    assert_eq!(use_at(&verifier, &client, &proof, NOW), Some(true));
}

#[test]
fn of_a_hundred_uses_at_once_one_is_the_first() {
    let client = Client::p256();
    let verifier = verifier();
    let accepted = client.verify(&verifier, &client.proof()).ok().unwrap();
    let first = std::thread::scope(|scope| {
        let uses: Vec<_> = (0..100)
            .map(|_| scope.spawn(|| verifier.use_once(&accepted, seconds(NOW))))
            .collect();
        let outcomes = uses.into_iter().map(|use_| use_.join().unwrap());
        outcomes
            .filter(|outcome| matches!(outcome, InsertOutcome::Ready(Ok(true))))
            .count()
    });
    assert_eq!(first, 1);
}

#[tokio::test(start_paused = true)]
async fn a_proof_stays_used_until_its_last_second_and_five_minutes_longer() {
    let client = Client::p256();
    let last = NOW + 60 + LEEWAY;
    for first_use in [NOW - LEEWAY, NOW, last] {
        let verifier = verifier();
        let proof = client.proof();
        assert_eq!(use_at(&verifier, &client, &proof, first_use), Some(true));
        advance(seconds(last - first_use)).await;
        assert_eq!(
            use_at(&verifier, &client, &proof, last),
            Some(false),
            "{first_use}"
        );
        // The clock was set back.
        advance(seconds(300)).await;
        assert_eq!(
            use_at(&verifier, &client, &proof, last),
            Some(false),
            "{first_use}"
        );
        assert_eq!(
            client
                .verify_at(&verifier, &proof, last + 1)
                .err()
                .map(|_| ()),
            Some(())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn with_nonces_a_proof_stays_used_until_its_nonce_ends() {
    let client = Client::p256();
    let nonces = DpopNonces::random().lifetime(seconds(3600));
    let verifier = build(Dpop::optional().nonces(nonces));
    let Err(ProofError::UseNonce(nonce)) = client.verify(&verifier, &client.proof()) else {
        panic!("a nonce is required")
    };
    let proof = client.with_claim("nonce", Some(json!(nonce.to_str().unwrap())));
    assert_eq!(use_at(&verifier, &client, &proof, NOW), Some(true));
    advance(seconds(3600)).await;
    assert_eq!(use_at(&verifier, &client, &proof, NOW + 3600), Some(false));
}

#[test]
fn a_full_store_forgets_nothing_and_has_space_for_no_proof() {
    let client = Client::p256();
    let verifier = build(Dpop::optional().max_replay_entries(1));
    let (proof, other) = (client.proof(), client.with_claim("jti", Some(json!("2"))));
    assert_eq!(use_at(&verifier, &client, &proof, NOW), Some(true));
    assert_eq!(use_at(&verifier, &client, &other, NOW), None);
    assert_eq!(use_at(&verifier, &client, &proof, NOW), Some(false));
}

#[test]
fn a_client_that_floods_ids_takes_no_space_from_another() {
    let (flood, victim) = (Client::ed25519(), Client::ed25519());
    let verifier = build(Dpop::optional().max_replay_entries(64));
    let id = |client: &Client, id: u32| client.with_claim("jti", Some(json!(id.to_string())));
    let own = id(&victim, 0);
    assert_eq!(use_at(&verifier, &victim, &own, NOW), Some(true));
    let stored = (0..100).filter(|n| use_at(&verifier, &flood, &id(&flood, *n), NOW).is_some());
    assert_eq!(stored.count(), 31);
    assert_eq!(use_at(&verifier, &victim, &own, NOW), Some(false));
    assert_eq!(use_at(&verifier, &victim, &id(&victim, 1), NOW), Some(true));
}

type Call = ([u8; 16], ReplayKind, Duration);

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Call>>>);

impl ReplayStore for Recorder {
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome {
        self.0.lock().unwrap().push((key.digest(), key.kind(), ttl));
        InsertOutcome::Ready(Ok(true))
    }
}

#[test]
fn a_store_gets_the_thumbprint_the_id_and_how_long_the_proof_could_pass() {
    let client = Client::p256();
    let recorder = Recorder::default();
    let verifier = build(Dpop::optional().replay_store(recorder.clone()));
    assert_eq!(
        use_at(&verifier, &client, &client.proof(), NOW + 10),
        Some(true)
    );
    let expected = ReplayKey::proof(&client.thumbprint(), "1").digest();
    let ttl = seconds(60 + LEEWAY - 10 + 300);
    assert_eq!(
        *recorder.0.lock().unwrap(),
        [(expected, ReplayKind::Proof, ttl)]
    );
}

#[test]
fn verifiers_with_one_store_accept_a_proof_once_together_even_with_its_tokens() {
    let client = Client::p256();
    let store = MemoryReplayStore::new(100).unwrap();
    let verifiers = [(); 2].map(|()| build(Dpop::optional().replay_store(store.clone())));
    let proof = client.proof();
    assert_eq!(use_at(&verifiers[0], &client, &proof, NOW), Some(true));
    assert_eq!(use_at(&verifiers[1], &client, &proof, NOW), Some(false));
    // A token with the same owner and id is something else.
    let thumbprint = client.thumbprint();
    let token = store.insert_once(ReplayKey::token(&thumbprint, "1"), seconds(60));
    assert!(matches!(token, InsertOutcome::Ready(Ok(true))));
}
