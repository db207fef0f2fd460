//! Each proof can be used once (RFC 9449 §11.1).

use std::sync::{Arc, Barrier};
use std::time::Duration;

use serde_json::json;
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{
    ErrorKind, InsertOutcome, JwtAuthLayer, MemoryReplayStore, ReplayKey, ReplayKind, ReplayScope,
    ReplayStore,
};

use crate::support::dpop::{
    INVALID_PROOF, UNPROVEN, bound, builder_with, client, copy, dpop, expect, layer_with,
    other_client, presented, proof, proof_by,
};
use crate::support::{NOW, ask, at, block_on, builder, token};

#[test]
fn a_proof_that_was_used_is_rejected() {
    let layer = layer_with(dpop());
    let token = bound();
    let request = presented(&token, &proof(&token).sign());
    block_on(ask(&layer, copy(&request))).accepted();
    expect(&layer, &request, &INVALID_PROOF, "again");
    block_on(ask(&layer, presented(&token, &proof(&token).sign()))).accepted();
}

#[test]
fn of_many_requests_with_one_proof_at_the_same_time_one_is_accepted() {
    let layer = layer_with(dpop());
    let token = bound();
    for _ in 0..20 {
        let proof = proof(&token).sign();
        let start = Arc::new(Barrier::new(4));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (layer, start) = (layer.clone(), Arc::clone(&start));
                let request = presented(&token, &proof);
                std::thread::spawn(move || {
                    start.wait();
                    block_on(ask(&layer, request)).status
                })
            })
            .collect();
        let statuses: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        let accepted = statuses.iter().filter(|status| status.is_success()).count();
        assert_eq!(accepted, 1, "{statuses:?}");
    }
}

#[test]
fn the_same_id_under_two_keys_is_two_proofs() {
    let layer = layer_with(dpop());
    let (mine, others) = (bound(), token().bound_to(other_client()).sign());
    let one = presented(&mine, &proof(&mine).claim("jti", "1").sign());
    let other = proof_by(other_client(), &others).claim("jti", "1").sign();
    block_on(ask(&layer, one)).accepted();
    block_on(ask(&layer, presented(&others, &other))).accepted();
    let again = presented(&mine, &proof(&mine).claim("jti", "1").sign());
    expect(
        &layer,
        &again,
        &INVALID_PROOF,
        "the same id under the same key",
    );
}

#[test]
fn a_stranger_who_has_read_an_id_can_not_use_it_up() {
    let layer = layer_with(dpop());
    let token = bound();
    let victim = presented(&token, &proof(&token).claim("jti", "victim").sign());
    let by_other = proof_by(other_client(), &token)
        .claim("jti", "victim")
        .sign();
    expect(
        &layer,
        &presented(&token, &by_other),
        &UNPROVEN,
        "under another key",
    );
    for (claim, value) in [
        ("htm", "GET"),
        ("htu", "https://evil.example/"),
        ("ath", "x"),
    ] {
        let wrong = proof(&token)
            .claim("jti", "victim")
            .claim(claim, value)
            .sign();
        expect(&layer, &presented(&token, &wrong), &INVALID_PROOF, claim);
    }
    let forged = proof(&token)
        .claim("jti", "victim")
        .signed_by(other_client().key())
        .sign();
    expect(
        &layer,
        &presented(&token, &forged),
        &INVALID_PROOF,
        "forged",
    );
    block_on(ask(&layer, victim)).accepted();
}

#[test]
fn a_proof_is_stored_as_long_as_it_could_be_used() {
    let clock = TestClock::new(at(NOW));
    let layer = builder_with(dpop()).clock(clock.clone()).build().unwrap();
    let token = token()
        .expires_in(Duration::from_secs(3600))
        .bound_to(client())
        .sign();
    // From a minute in the future to the end: 60 s of leeway, 60 s of age, 60 s of leeway.
    let request = presented(&token, &proof(&token).issued_at(at(NOW + 60)).sign());
    block_on(ask(&layer, copy(&request))).accepted();
    for seconds in [0, 60, 120, 179, 180] {
        clock.set(at(NOW + seconds));
        expect(&layer, &request, &INVALID_PROOF, &seconds.to_string());
    }
    // The clock is set back.
    clock.set(at(NOW));
    expect(&layer, &request, &INVALID_PROOF, "set back");
}

#[test]
fn a_full_store_rejects_with_503_and_forgets_nothing() {
    let layer = layer_with(dpop().max_replay_entries(2));
    let clients = [client(), other_client()];
    let requests = clients.map(|client| {
        let token = token().bound_to(client).sign();
        presented(&token, &proof_by(client, &token).sign())
    });
    for request in &requests {
        block_on(ask(&layer, copy(request))).accepted();
    }
    let token = bound();
    let further = presented(&token, &proof(&token).sign());
    for _ in 0..3 {
        let answer = block_on(ask(&layer, copy(&further)));
        answer.rejected(503, None, ErrorKind::CheckUnavailable);
        assert!(answer.header("retry-after").is_some());
    }
    for request in &requests {
        expect(&layer, request, &INVALID_PROOF, "used before");
    }
}

#[test]
fn instances_that_share_a_store_accept_a_proof_once_together() {
    let store = MemoryReplayStore::new(100).unwrap();
    let instance = || layer_with(dpop().replay_store(store.clone()));
    let (one, other) = (instance(), instance());
    let token = bound();
    let request = presented(&token, &proof(&token).sign());
    block_on(ask(&one, copy(&request))).accepted();
    expect(&other, &request, &INVALID_PROOF, "at the other instance");
    // Without a shared store, each instance accepts it once.
    block_on(ask(&layer_with(dpop()), copy(&request))).accepted();
}

/// Answers later, as a database does.
struct Slow(MemoryReplayStore);

impl ReplayStore for Slow {
    fn insert_once(&self, key: ReplayKey<'_>, ttl: Duration) -> InsertOutcome {
        assert_eq!(key.kind(), ReplayKind::Proof);
        assert!(ttl >= Duration::from_secs(60), "{ttl:?}");
        let InsertOutcome::Ready(outcome) = self.0.insert_once(key, ttl) else {
            panic!("a store in memory does not wait")
        };
        InsertOutcome::Pending(Box::pin(async move {
            crate::support::tokio::task::yield_now().await;
            outcome
        }))
    }
}

#[test]
fn a_store_that_waits_decides_as_one_in_memory() {
    let layer = layer_with(dpop().replay_store(Slow(MemoryReplayStore::new(100).unwrap())));
    let runtime = crate::support::tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let token = bound();
        let request = presented(&token, &proof(&token).sign());
        ask(&layer, copy(&request)).await.accepted();
        let answer = ask(&layer, request).await;
        answer.rejected(401, Some("invalid_dpop_proof"), ErrorKind::InvalidDpopProof);
    });
}

/// A store that is broken.
struct Broken;

impl ReplayStore for Broken {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Ready(Err("the store is broken".into()))
    }
}

#[test]
fn a_broken_store_leads_to_503() {
    let layer = layer_with(dpop().replay_store(Broken));
    let token = bound();
    let answer = block_on(ask(&layer, presented(&token, &proof(&token).sign())));
    answer.rejected(503, None, ErrorKind::CheckUnavailable);
}

#[test]
fn a_proof_that_another_check_rejects_is_not_used() {
    let layer = builder_with(dpop())
        .require_scopes(["orders:write"])
        .reject_replays(100)
        .build()
        .unwrap();
    let lacking = presented_with_id("1", "orders:read");
    let answer = block_on(ask(&layer, copy(&lacking.0)));
    answer.rejected(
        403,
        Some("insufficient_scope"),
        ErrorKind::InsufficientScope,
    );
    // The same proof passes where the layer does not ask for the scope.
    block_on(ask(&layer_with(dpop()), lacking.0)).accepted();
    // A token that was used before: its second proof stays unused, too.
    let (request, token) = presented_with_id("2", "orders:write");
    block_on(ask(&layer, request)).accepted();
    let second = presented(&token, &proof(&token).sign());
    let answer = block_on(ask(&layer, second));
    answer.rejected(401, Some("invalid_token"), ErrorKind::Replayed);
}

fn presented_with_id(id: &str, scope: &str) -> (http::Request<()>, String) {
    let token = token()
        .claim("jti", json!(id))
        .scope(scope)
        .bound_to(client())
        .sign();
    (presented(&token, &proof(&token).sign()), token)
}

#[test]
fn a_caller_without_the_key_learns_of_no_scope_and_no_revocation() {
    let layer = builder_with(dpop())
        .require_scopes(["orders:write"])
        .reject_revoked(|_| true)
        .build()
        .unwrap();
    let token = bound();
    expect(&layer, &presented(&token, "x"), &INVALID_PROOF, "no proof");
    let request = presented(&token, &proof_by(other_client(), &token).sign());
    expect(&layer, &request, &UNPROVEN, "another key");
    let answer = block_on(ask(&layer, presented(&token, &proof(&token).sign())));
    answer.rejected(401, Some("invalid_token"), ErrorKind::Revoked);
}

#[test]
fn the_health_says_whether_instances_share_what_is_stored() {
    let health = |layer: &JwtAuthLayer| {
        let health = layer.authenticator().replay_health();
        (health.tokens, health.proofs)
    };
    let off = (ReplayScope::Off, ReplayScope::Off);
    assert_eq!(health(&builder().build().unwrap()), off);
    let proofs = (ReplayScope::Off, ReplayScope::Process);
    assert_eq!(health(&layer_with(dpop())), proofs);
    let tokens = builder_with(dpop()).reject_replays(10).build().unwrap();
    assert_eq!(
        health(&tokens),
        (ReplayScope::Process, ReplayScope::Process)
    );
    let shared = builder_with(dpop().replay_store(Broken))
        .replay_store(Broken)
        .build()
        .unwrap();
    assert_eq!(health(&shared), (ReplayScope::Shared, ReplayScope::Shared));
}
