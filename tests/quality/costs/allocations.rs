//! The number of allocations of a request.

use allocation_counter::measure;
use http::Request;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{DpopClient, TestKey};

use crate::counting::{accepted, of_the_claims, rejected};
use crate::support::{
    AUDIENCE, Inner, bearing, caching, forged, observed, protected, proven, proving, send, token,
};

const ALGORITHMS: [Algorithm; 5] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::Ed25519,
    Algorithm::HS256,
];

/// Returns the allocations for an uncached `token`, without those of its typed claims and of the
/// signature check.
fn uncached_verification(key: &TestKey, token: &str) -> u64 {
    let all = accepted(&mut protected(key), || bearing(token)).count_total;
    all - of_the_claims(token).count_total - of_the_signature_check(key)
}

/// Returns the allocations of a signature check: those of a rejection for an invalid signature,
/// less those of a rejection before the check, which is alike in everything else.
fn of_the_signature_check(key: &TestKey) -> u64 {
    let mut service = protected(key);
    let unknown = token(&key.clone().with_key_id("unknown")).sign();
    let forged = forged(&token(key).sign(), &token(key).sign());
    rejected(&mut service, &forged).count_total - rejected(&mut service, &unknown).count_total
}

#[test]
fn a_request_without_the_layer_allocates_nothing_and_the_claims_do() {
    let token = token(&TestKey::generate(Algorithm::HS256)).sign();
    let request = bearing(&token);
    assert_eq!(
        measure(|| assert!(send(&mut Inner, request).is_success())).count_total,
        0
    );
    // The tenant, the email address, the list of roles and its three entries.
    assert_eq!(of_the_claims(&token).count_total, 6);
}

#[test]
fn a_signature_check_allocates_only_for_rsa_in_pure_rust() {
    for algorithm in ALGORITHMS {
        let big_integers = !cfg!(feature = "aws-lc-rs")
            && matches!(algorithm, Algorithm::RS256 | Algorithm::PS256);
        let count = of_the_signature_check(&TestKey::generate(algorithm));
        assert!(
            if big_integers {
                (1..=40).contains(&count)
            } else {
                count == 0
            },
            "{algorithm}: {count}"
        );
    }
}

#[test]
fn verifying_an_uncached_token_allocates_four_times_beyond_the_claims() {
    for algorithm in ALGORITHMS {
        let key = TestKey::generate(algorithm);
        assert_eq!(
            uncached_verification(&key, &token(&key).sign()),
            4,
            "{algorithm}"
        );
    }
}

#[test]
fn an_array_of_audiences_allocates_two_more_times() {
    let key = TestKey::generate(Algorithm::HS256);
    assert_eq!(
        uncached_verification(&key, &token(&key).audience([AUDIENCE]).sign()),
        6
    );
}

#[test]
fn a_cache_hit_allocates_three_times_on_a_request_without_extensions() {
    let key = TestKey::generate(Algorithm::ES256);
    let token = token(&key).sign();
    assert_eq!(
        accepted(&mut caching(&key), || bearing(&token)).count_total,
        3
    );
}

#[test]
fn an_observer_and_metrics_allocate_nothing_for_a_cache_hit() {
    let key = TestKey::generate(Algorithm::ES256);
    let token = token(&key).sign();
    // The handle of hits is made for the first hit, which is the second request.
    let count = |mut service| {
        accepted(&mut service, || bearing(&token));
        accepted(&mut service, || bearing(&token)).count_total
    };
    assert_eq!(count(observed(&key)), 3);
    #[cfg(feature = "metrics")]
    {
        assert_eq!(
            count(crate::support::counted(&key)),
            3,
            "without a recorder"
        );
        let recorder = crate::recorder::Counters::new();
        let counted = || count(crate::support::counted(&key));
        assert_eq!(metrics::with_local_recorder(&recorder, counted), 3);
    }
}

#[test]
fn a_cache_hit_allocates_once_if_the_request_has_extensions() {
    let key = TestKey::generate(Algorithm::ES256);
    let token = token(&key).sign();
    let extended = || {
        let mut request: Request<()> = bearing(&token);
        request.extensions_mut().insert("another layer's");
        request
    };
    assert_eq!(accepted(&mut caching(&key), extended).count_total, 1);
}

#[test]
fn a_bound_token_that_is_cached_allocates_at_most_six_times_more_than_a_bearer_token() {
    let key = TestKey::generate(Algorithm::ES256);
    let client = DpopClient::generate(Algorithm::ES256);
    let token = token(&key).bound_to(&client).sign();
    let mut service = proving(&key);
    // The store of used proofs allocates now and then.
    let counts = (0..8).map(|_| accepted(&mut service, || proven(&client, &token)).count_total);
    let counts: Vec<_> = counts.collect();
    assert!(
        counts.iter().min().is_some_and(|least| *least <= 3 + 6),
        "{counts:?}"
    );
}

#[test]
fn where_dpop_is_accepted_a_bearer_token_allocates_no_more() {
    let key = TestKey::generate(Algorithm::ES256);
    let token = token(&key).sign();
    let counted = accepted(&mut proving(&key), || bearing(&token));
    assert_eq!(counted.count_total, 3);
}

#[test]
fn a_rejection_allocates_for_its_response_and_for_what_was_decoded() {
    let key = TestKey::generate(Algorithm::ES256);
    let mut service = protected(&key);
    let mut count = |token: &str| rejected(&mut service, token).count_total;
    assert_eq!(count(&"x".repeat(800)), 7, "garbage");
    assert_eq!(
        count(&["x".repeat(400), "x".repeat(400), "x".repeat(400)].join(".")),
        7,
        "three parts of garbage"
    );
    assert_eq!(
        count(&token(&key).header("alg", "none").sign()),
        7,
        "no algorithm"
    );
    assert_eq!(
        count(&token(&TestKey::generate(Algorithm::HS256)).sign()),
        7,
        "another algorithm"
    );
    assert_eq!(
        count(&token(&TestKey::generate(Algorithm::ES256)).sign()),
        9,
        "an unknown key"
    );
    assert_eq!(
        count(&forged(&token(&key).sign(), &token(&key).sign())),
        9,
        "a forged signature"
    );
    assert_eq!(count(&token(&key).expired().sign()), 7, "expired");
    assert_eq!(
        count(&token(&key).audience("https://other.example").sign()),
        7,
        "for another audience"
    );
    assert_eq!(
        count(&token(&key).issuer("https://other.example").sign()),
        7,
        "of another issuer"
    );
}
