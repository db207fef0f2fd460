//! A cached token keeps its binding, and the proof is checked at every use.

use serde_json::json;
use tower_jwt_auth::{ErrorKind, JwtAuthLayer, TokenCacheSettings};

use crate::support::dpop::{
    INVALID_PROOF, STOLEN, UNBOUND, bound, builder_with, copy, dpop, expect, other_client,
    post_with, presented, proof, proof_by, required,
};
use crate::support::{ask, block_on, builder, token};

fn caching() -> JwtAuthLayer {
    let builder = builder_with(dpop()).token_cache(TokenCacheSettings::default());
    builder.build().unwrap()
}

#[test]
fn a_token_that_was_seen_with_a_proof_is_rejected_without_one() {
    let layer = caching();
    let token = bound();
    let bearer = post_with(&[("authorization", &format!("Bearer {token}"))]);
    for round in ["not cached", "cached", "cached again"] {
        expect(&layer, &bearer, &STOLEN, round);
        expect(&layer, &presented(&token, "x"), &INVALID_PROOF, round);
        let used = presented(&token, &proof(&token).sign());
        block_on(ask(&layer, copy(&used))).named(round).accepted();
        expect(&layer, &used, &INVALID_PROOF, round);
        let of_other = presented(&token, &proof_by(other_client(), &token).sign());
        let answer = block_on(ask(&layer, of_other));
        assert_eq!(answer.kind(), Some(ErrorKind::UnprovenBinding), "{round}");
        let outcome = block_on(layer.authenticator().authenticate(&token));
        assert_eq!(
            outcome.unwrap_err().kind(),
            ErrorKind::UnprovenBinding,
            "{round}"
        );
    }
}

#[test]
fn what_one_request_has_proven_says_nothing_about_another() {
    let layer = caching();
    let unbound = token().sign();
    for _ in 0..3 {
        let bearer = post_with(&[("authorization", &format!("Bearer {unbound}"))]);
        let claims = block_on(ask(&layer, bearer)).accepted();
        assert!(claims.confirmation().is_none());
        expect(
            &layer,
            &presented(&unbound, "x"),
            &UNBOUND,
            "with the scheme DPoP",
        );
        let token = bound();
        let claims = block_on(ask(&layer, presented(&token, &proof(&token).sign()))).accepted();
        assert!(!claims.confirmation().is_none());
    }
}

#[test]
fn a_cached_token_that_is_not_bound_is_rejected_where_dpop_is_required() {
    let builder = builder_with(required()).token_cache(TokenCacheSettings::default());
    let layer = builder.build().unwrap();
    let unbound = token().sign();
    for _ in 0..3 {
        let bearer = post_with(&[("authorization", &format!("Bearer {unbound}"))]);
        let answer = block_on(ask(&layer, bearer));
        assert_eq!(answer.kind(), Some(ErrorKind::UnboundToken));
    }
}

#[test]
fn a_cached_token_whose_binding_nothing_can_check_is_rejected_each_time() {
    let layer = builder()
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap();
    for cnf in [
        json!({"kid": "1"}),
        json!({"jkt": other_client().thumbprint()}),
    ] {
        let token = token().claim("cnf", &cnf).sign();
        for _ in 0..3 {
            let bearer = post_with(&[("authorization", &format!("Bearer {token}"))]);
            let answer = block_on(ask(&layer, bearer));
            answer.invalid_token(ErrorKind::UnprovenBinding);
        }
    }
}
