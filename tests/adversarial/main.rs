//! The catalogue of attacks on tokens and requests. Each attack must get exactly the status, error
//! code and challenge that the standards require, over HTTP and gRPC, with and without the token
//! cache. No part of the request and no internal detail may be in the response or in the log, and
//! no URL that an attacker chose may be fetched.
//!
//! Every token is made here, by the test kit or by hand. These attacks have a CVE in another
//! library:
//!
//! | CVE | vulnerability | tested in |
//! |---|---|---|
//! | 2015-9235 | a public key used as an HMAC secret | `confusion::public_keys_as_secrets` |
//! | 2022-21449 | ECDSA with r = s = 0 | `signature::ecdsa_numbers` |
//! | 2023-51774 | an encrypted token accepted as a signed one | `form::shapes` |
//! | 2025-27144 | memory allocated for each dot | `form::shapes` |
//! | 2025-53864 | deeply nested JSON | `form::json_texts`; in responses of an issuer `tests/keys/cache/hostile.rs` |
//! | 2025-59420 | an unknown `crit` ignored | `header::extensions` |
//! | 2026-22817 | a JWK without `alg`, so that the header chooses the algorithm | `confusion::public_keys_as_secrets` |
//! | 2026-25537 | a time claim of the wrong type treated as absent | `claims::times` |
//! | 2026-107720 | an empty secret, with which every signature is valid | `signature::unsigned`; at start-up `tests/conformance/rfc7518_algorithms/weak_keys.rs` |
//! | 2026-35039 | the cached claims of one token returned for another | `tests/middleware/token_cache/checks.rs` |
//! | 2026-107719 | a token without `iat` cached beyond its `exp` | `tests/middleware/token_cache/checks.rs` |
//!
//! Other attacks and faults are tested elsewhere:
//!
//! | attack or fault | tests |
//! |---|---|
//! | token cache: tokens mixed up, used beyond `exp`, key or `max_ttl`; failures cached | `token_cache` |
//! | random key ids, with the fetches counted | `adversarial/fetching.rs`, `keys/cache/unknown.rs`, over the network `keys/network/latency.rs` |
//! | a thousand requests on a cold or an expired cache; the first waiter cancelled | `keys/cache/cold.rs`, `keys/network/faults.rs` |
//! | slow, hanging, dripping, endless and huge responses, redirects, HTML, sets that are empty, without keys or partly invalid | `adversarial/fetching.rs`, `keys/network/faults.rs`, `keys/cache/hostile.rs` |
//! | the issuer down at start and for an hour, and its recovery | `adversarial/fetching.rs`, `keys/network/faults.rs`, `keys/cache/outage.rs` |
//! | rotations, a key replaced under the same id, clocks that step | `keys/network/faults.rs`, `keys/cache/refresh.rs`, `keys/cache/unknown.rs` |
//! | the layer above and below limits, buffers, load shedding and timeouts; cancelled requests; expensive clones | `layer`, `composition` |
//! | valid requests that must be accepted: two spaces, `bearer`, floats, escapes | `requirements` |

mod attack;
mod binding;
mod claims;
mod configured_keys;
mod confusion;
mod fetching;
mod form;
mod header;
mod numbers;
mod optional;
mod pieces;
mod proofs;
mod purposes;
mod requests;
mod run;
mod signature;
mod site;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
mod watch;

use crate::run::every_way;
use crate::site::Site;
use crate::support::tokio;

#[tokio::test]
async fn unsigned_tokens_are_rejected() {
    every_way(signature::unsigned(), &Site::new().await).await;
}

#[tokio::test]
async fn a_public_key_is_not_used_as_a_secret_nor_for_another_algorithm_family() {
    every_way(confusion::public_keys_as_secrets(), &Site::new().await).await;
}

#[tokio::test]
async fn ecdsa_signatures_with_numbers_out_of_range_or_in_der_are_rejected() {
    every_way(signature::ecdsa_numbers(), &Site::new().await).await;
}

#[tokio::test]
async fn ed25519_and_rsa_signatures_with_numbers_out_of_range_are_rejected() {
    every_way(numbers::ed25519(), &Site::new().await).await;
    every_way(numbers::rsa(), &Site::new().await).await;
}

#[tokio::test]
async fn truncated_and_extended_signatures_and_those_of_other_tokens_are_rejected() {
    every_way(signature::wrong_lengths(), &Site::new().await).await;
}

#[tokio::test]
async fn a_key_verifies_only_the_tokens_of_its_own_issuer() {
    every_way(signature::other_issuers(), &Site::new().await).await;
}

#[tokio::test]
async fn a_key_id_is_compared_and_not_interpreted() {
    let site = Site::new().await;
    every_way(header::key_ids(&site), &site).await;
    assert_few_fetches(&site);
}

#[tokio::test]
async fn keys_that_a_token_embeds_or_refers_to_are_neither_used_nor_fetched() {
    let site = Site::new().await;
    every_way(header::attacker_keys(&site), &site).await;
    assert_few_fetches(&site);
}

/// Each of the two layers may send its first fetch and two for unknown key ids.
fn assert_few_fetches(site: &Site) {
    assert!(
        (2..=6).contains(&site.fetched.jwks_fetches()),
        "{} fetches",
        site.fetched.jwks_fetches()
    );
}

#[tokio::test]
async fn critical_extensions_and_those_that_change_the_payload_are_rejected() {
    every_way(header::extensions(), &Site::new().await).await;
}

#[tokio::test]
async fn unsupported_algorithms_are_rejected() {
    every_way(header::algorithms(), &Site::new().await).await;
}

#[tokio::test]
async fn tokens_for_another_purpose_are_rejected() {
    every_way(header::other_tokens(), &Site::new().await).await;
    every_way(claims::purposes(), &Site::new().await).await;
}

#[tokio::test]
async fn tokens_for_another_purpose_without_their_type_are_rejected() {
    every_way(purposes::events(), &Site::new().await).await;
    every_way(purposes::proofs(), &Site::new().await).await;
}

#[tokio::test]
async fn tokens_that_are_not_three_parts_are_rejected() {
    every_way(form::shapes(), &Site::new().await).await;
    every_way(form::json_serializations(), &Site::new().await).await;
}

#[tokio::test]
async fn base64url_is_read_strictly() {
    every_way(form::base64url(), &Site::new().await).await;
}

#[tokio::test]
async fn json_is_read_strictly_and_without_deep_recursion() {
    every_way(form::json_texts(), &Site::new().await).await;
}

#[tokio::test]
async fn times_of_the_wrong_type_or_out_of_range_are_rejected() {
    every_way(claims::times(), &Site::new().await).await;
}

#[tokio::test]
async fn issuers_are_compared_byte_by_byte() {
    let site = Site::new().await;
    every_way(claims::issuers(&site), &site).await;
}

#[tokio::test]
async fn audiences_are_compared_byte_by_byte() {
    every_way(claims::audiences(), &Site::new().await).await;
    every_way(purposes::audiences(), &Site::new().await).await;
    every_way(claims::others(), &Site::new().await).await;
}

#[tokio::test]
async fn a_stolen_token_that_is_bound_to_a_key_is_rejected() {
    every_way(binding::stolen(), &Site::new().await).await;
}

#[tokio::test]
async fn a_binding_that_cannot_be_read_is_not_none() {
    every_way(binding::confirmations(), &Site::new().await).await;
}

#[tokio::test]
async fn other_schemes_beside_bearer_are_no_token_or_an_invalid_request() {
    every_way(binding::schemes(), &Site::new().await).await;
}

#[tokio::test]
async fn proofs_with_a_header_of_the_attackers_are_rejected() {
    run::with_proofs(proofs::headers(), &Site::new().await).await;
}

#[tokio::test]
async fn proofs_for_something_else_are_rejected() {
    run::with_proofs(proofs::claims(), &Site::new().await).await;
}

#[tokio::test]
async fn proofs_with_a_forged_signature_are_rejected() {
    run::with_proofs(proofs::signatures(), &Site::new().await).await;
}

#[tokio::test]
async fn stolen_tokens_and_proofs_are_of_no_use() {
    run::with_proofs(proofs::thefts(), &Site::new().await).await;
}

#[tokio::test]
async fn malformed_and_repeated_credentials_are_rejected() {
    every_way(requests::credentials(), &Site::new().await).await;
}

#[tokio::test]
async fn tokens_in_two_locations_are_rejected() {
    every_way(requests::locations(), &Site::new().await).await;
}

#[tokio::test]
async fn headers_about_host_proxy_and_method_decide_nothing() {
    every_way(requests::hosts(), &Site::new().await).await;
}

#[tokio::test]
async fn oversized_tokens_are_rejected() {
    every_way(requests::sizes(), &Site::new().await).await;
}
