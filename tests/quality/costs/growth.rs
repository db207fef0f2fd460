//! How the costs grow with the length of the token. `max_token_len` bounds the length, and no
//! allocation may be a multiple of it.

use allocation_counter::AllocationInfo;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use crate::counting::{accepted, of_the_claims, payload, rejected};
use crate::support::{bearing, caching, forged, protected, token};

const MORE: usize = 12;

/// Returns a token with so many additional long claims. The search for duplicate names doesn't
/// allocate for up to 24 members.
fn padded(key: &TestKey, claims: usize) -> String {
    let token = token(key).claim("jti", "one");
    (0..claims)
        .fold(token, |token, number| {
            token.claim(format!("claim-{number}"), "x".repeat(400))
        })
        .sign()
}

fn key() -> TestKey {
    TestKey::generate(Algorithm::HS256)
}

fn both(cost: impl Fn(&str) -> AllocationInfo, key: &TestKey) -> [(u64, u64); 2] {
    [0, MORE]
        .map(|claims| cost(&padded(key, claims)))
        .map(|cost| (cost.count_total, cost.bytes_total))
}

#[test]
fn verifying_a_long_token_allocates_as_often_and_only_its_payload_more() {
    let key = key();
    let (short, long) = (padded(&key, 0), padded(&key, MORE));
    let [(few, small), (many, large)] = both(
        |token| accepted(&mut protected(&key), || bearing(token)),
        &key,
    );
    assert_eq!(few, many);
    assert_eq!(of_the_claims(&short), of_the_claims(&long));
    let longer = u64::try_from(payload(&long).len() - payload(&short).len()).unwrap();
    // The claims own the payload, whose allocation is rounded up to whole words.
    assert!(
        large - small <= longer + 8,
        "{small} bytes became {large}, for {longer} more"
    );
}

#[test]
fn a_cache_hit_costs_the_same_for_any_token() {
    let key = key();
    let [short, long] = both(
        |token| accepted(&mut caching(&key), || bearing(token)),
        &key,
    );
    assert_eq!(short, long);
}

#[test]
fn a_rejection_costs_the_same_for_any_token() {
    let key = key();
    let unknown = key.clone().with_key_id("unknown");
    let rejection = |token: &str| rejected(&mut protected(&key), token);
    let [short, long] = both(rejection, &unknown);
    assert_eq!(short, long, "an unknown key");
    let [short, long] = both(|token| rejection(&forged(token, &padded(&key, 1))), &key);
    assert_eq!(short, long, "a forged signature");
    let garbage = [100, 5000].map(|length| rejection(&"x".repeat(length)));
    assert_eq!(garbage[0].bytes_total, garbage[1].bytes_total, "garbage");
    let parts = [100, 5000].map(|length| rejection(&parts(100, length)));
    assert_eq!(
        parts[0].bytes_total, parts[1].bytes_total,
        "three parts of garbage"
    );
}

#[test]
fn a_long_header_is_decoded_once_into_an_allocation_of_its_size() {
    let key = key();
    let [short, long] =
        [100, 5000].map(|length| rejected(&mut protected(&key), &parts(length, 100)));
    assert_eq!(long.count_total, short.count_total + 1);
    assert_eq!(long.bytes_total - short.bytes_total, 5000 / 4 * 3);
}

fn parts(header: usize, others: usize) -> String {
    [header, others, others]
        .map(|length| "x".repeat(length))
        .join(".")
}
