//! Requests that wait: for keys, for a signature check on another thread, for a check. The token and
//! its scheme are known when its binding is checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use tower_jwt_auth::{Algorithm, CheckOutcome, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::dpop::{
    bound, builder_with, copy, dpop, errors, other_client, post_with, presented, proof, proof_by,
    valid,
};
use crate::support::tokio;
use crate::support::{AUDIENCE, Held, ISSUER, ask, builder_for};

/// The kind of a rejection, and the scheme and code of the only challenge with an error.
type Rejection = (ErrorKind, &'static str, &'static str);

fn cases() -> Vec<(Request<()>, Option<Rejection>)> {
    let token = bound();
    let unbound = crate::support::token().sign();
    let bearer = |token: &str| post_with(&[("authorization", &format!("Bearer {token}"))]);
    vec![
        (valid(), None),
        (bearer(&unbound), None),
        (
            bearer(&token),
            Some((ErrorKind::UnprovenBinding, "Bearer", "invalid_token")),
        ),
        (
            presented(&token, "x"),
            Some((ErrorKind::InvalidDpopProof, "DPoP", "invalid_dpop_proof")),
        ),
        (
            presented(&unbound, &proof(&unbound).sign()),
            Some((ErrorKind::UnboundToken, "DPoP", "invalid_token")),
        ),
        (
            presented(&token, &proof_by(other_client(), &token).sign()),
            Some((ErrorKind::UnprovenBinding, "DPoP", "invalid_token")),
        ),
        // The proof is about another token.
        (
            presented(&token, &proof(&unbound).sign()),
            Some((ErrorKind::InvalidDpopProof, "DPoP", "invalid_dpop_proof")),
        ),
    ]
}

async fn check(layer: &JwtAuthLayer, before: impl Fn()) {
    for (index, (request, rejection)) in cases().into_iter().enumerate() {
        let layer = layer.clone();
        let waiting = tokio::spawn(async move { ask(&layer, request).await });
        tokio::task::yield_now().await;
        before();
        let answer = waiting.await.unwrap().named(index);
        match rejection {
            None => drop(answer.accepted()),
            Some((kind, scheme, code)) => {
                assert_eq!(answer.kind(), Some(kind), "{index}");
                assert_eq!(errors(&answer), [(scheme, code)], "{index}");
            }
        }
    }
}

#[tokio::test]
async fn for_keys() {
    for index in 0..cases().len() {
        // Each waits for keys of its own.
        let held = Held::new();
        let issuer = Issuer::from_key_source(ISSUER, held.clone(), AUDIENCE);
        let layer = builder_for(issuer).dpop(dpop()).build().unwrap();
        let (request, rejection) = cases().swap_remove(index);
        let waiting = tokio::spawn(async move { ask(&layer, request).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        held.release();
        let kind = waiting.await.unwrap().kind();
        assert_eq!(kind, rejection.map(|(kind, ..)| kind), "{index}");
    }
}

#[tokio::test]
async fn for_a_signature_check_on_another_thread() {
    let layer = builder_with(dpop())
        .offload([Algorithm::ES256])
        .build()
        .unwrap();
    check(&layer, || {}).await;
}

#[tokio::test]
async fn for_a_check() {
    let layer = builder_with(dpop())
        .check_fn(|_, _| {
            CheckOutcome::pending(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Ok(())
            })
        })
        .build()
        .unwrap();
    check(&layer, || {}).await;
}

#[tokio::test]
async fn of_two_requests_with_one_proof_that_wait_for_a_check_one_is_accepted() {
    let checked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&checked);
    let layer = builder_with(dpop())
        .check_fn(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
            CheckOutcome::pending(async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(())
            })
        })
        .build()
        .unwrap();
    let request = valid();
    let (one, other) = tokio::join!(ask(&layer, copy(&request)), ask(&layer, copy(&request)));
    let mut kinds = [one.kind(), other.kind()];
    kinds.sort_by_key(Option::is_some);
    assert_eq!(kinds, [None, Some(ErrorKind::InvalidDpopProof)]);
    assert_eq!(
        checked.load(Ordering::Relaxed),
        2,
        "the proof is used after the check"
    );
}

#[tokio::test]
async fn a_check_does_not_run_before_the_binding_is_proven() {
    let layer = builder_with(dpop())
        .check_fn(|claims, _| {
            assert!(!claims.confirmation().is_none(), "the binding is proven");
            CheckOutcome::accept()
        })
        .build()
        .unwrap();
    let stolen = post_with(&[("authorization", &format!("Bearer {}", bound()))]);
    assert_eq!(
        ask(&layer, stolen).await.kind(),
        Some(ErrorKind::UnprovenBinding)
    );
    ask(&layer, valid()).await.accepted();
}
