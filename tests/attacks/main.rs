//! The catalogue of attacks on tokens and requests: each must get exactly the status, the error
//! code and the challenge that the standards ask for, in HTTP and in gRPC, whether verified tokens
//! are cached or not. Nothing of the request and nothing internal may come back or be logged,
//! and nothing may be fetched that an attacker names.
//!
//! Every token is minted here, by the test kit or by hand. Where an attack was somebody's weakness,
//! its CVE stands beside it:
//!
//! | CVE | what went wrong there | here |
//! |---|---|---|
//! | 2015-9235 | a public key taken for an HMAC secret | `confusion::public_keys_as_secrets` |
//! | 2022-21449 | ECDSA with r = s = 0 | `signature::ecdsa_numbers` |
//! | 2023-51774 | an encrypted token taken for a signed one | `form::shapes` |
//! | 2025-27144 | memory for each dot | `form::shapes` |
//! | 2025-53864 | deep JSON | `form::json_texts`; of an issuer's answers `tests/key_cache/hostile.rs` |
//! | 2025-59420 | an unknown `crit` ignored | `header::extensions` |
//! | 2026-22817 | a JWK without `alg`, and the header chooses | `confusion::public_keys_as_secrets` |
//! | 2026-25537 | a time of the wrong type taken for an absent one | `claims::times` |
//! | 2026-107720 | an empty secret, so nothing is verified | `signature::unsigned`; at start-up `tests/requirements/weak_keys.rs` |
//! | 2026-35039 | one token's claims from the cache for another | `tests/token_cache/checks.rs` |
//! | 2026-107719 | a token without `iat` cached beyond its `exp` | `tests/token_cache/checks.rs` |
//!
//! What is no attack by a token or a request is tested elsewhere:
//!
//! | attack or fault | tests |
//! |---|---|
//! | verified tokens: mixed up, outliving `exp`, key or cap, failures cached | `token_cache` |
//! | random key ids, counted fetches | `attacks/fetching.rs`, `key_cache/unknown.rs`, over the network `issuer/latency.rs` |
//! | a thousand requests on a cold or an expired cache; a first waiter that is cancelled | `key_cache/cold.rs`, `issuer/faults.rs` |
//! | slow, hanging, dripping, endless, huge answers, redirects, HTML, empty, keyless, half-bad sets | `attacks/fetching.rs`, `issuer/faults.rs`, `key_cache/hostile.rs` |
//! | the issuer down at start, for an hour, back again | `attacks/fetching.rs`, `issuer/faults.rs`, `key_cache/outage.rs` |
//! | rotations, a key replaced under its id, clocks that step | `issuer/faults.rs`, `key_cache/refresh.rs`, `key_cache/unknown.rs` |
//! | below and above limits, buffers, load shedding, timeouts; cancelled requests; costly clones | `layer`, `composition` |
//! | what must pass: two spaces, `bearer`, floats, escapes | `requirements` |
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "in a test a panic is the report"
)]

mod attack;
mod claims;
mod confusion;
mod documents;
mod fetching;
mod form;
mod header;
mod pieces;
mod requests;
mod run;
mod signature;
mod site;
mod watch;

use crate::run::every_way;
use crate::site::Site;

#[tokio::test]
async fn tokens_that_nobody_signed_are_rejected() {
    every_way(signature::unsigned(), &Site::new().await).await;
}

#[tokio::test]
async fn a_public_key_is_no_secret_and_a_key_is_of_its_family_alone() {
    every_way(confusion::public_keys_as_secrets(), &Site::new().await).await;
}

#[tokio::test]
async fn signatures_of_numbers_out_of_range_or_in_another_form_are_rejected() {
    every_way(signature::ecdsa_numbers(), &Site::new().await).await;
}

#[tokio::test]
async fn signatures_that_are_cut_extended_or_anothers_are_rejected() {
    every_way(signature::wrong_lengths(), &Site::new().await).await;
}

#[tokio::test]
async fn an_issuer_speaks_for_itself_alone() {
    every_way(signature::other_issuers(), &Site::new().await).await;
}

#[tokio::test]
async fn a_key_id_is_a_name_and_nothing_else() {
    let site = Site::new().await;
    every_way(header::key_ids(&site), &site).await;
    assert_few_fetches(&site);
}

#[tokio::test]
async fn keys_that_a_token_brings_or_points_to_are_not_used_and_not_fetched() {
    let site = Site::new().await;
    every_way(header::keys_of_the_attacker(&site), &site).await;
    assert_few_fetches(&site);
}

/// For each of the two layers the first fetch, and two for unknown key ids.
fn assert_few_fetches(site: &Site) {
    assert!(
        (2..=6).contains(&site.fetched.jwks_fetches()),
        "{} fetches",
        site.fetched.jwks_fetches()
    );
}

#[tokio::test]
async fn extensions_that_are_critical_or_change_the_payload_are_rejected() {
    every_way(header::extensions(), &Site::new().await).await;
}

#[tokio::test]
async fn algorithms_that_have_no_name_here_are_rejected() {
    every_way(header::algorithms(), &Site::new().await).await;
}

#[tokio::test]
async fn tokens_for_another_purpose_are_rejected() {
    every_way(header::other_tokens(), &Site::new().await).await;
}

#[tokio::test]
async fn what_is_not_three_parts_is_rejected() {
    every_way(form::shapes(), &Site::new().await).await;
    every_way(form::json_serializations(), &Site::new().await).await;
}

#[tokio::test]
async fn base64url_is_read_strictly() {
    every_way(form::base64url(), &Site::new().await).await;
}

#[tokio::test]
async fn json_is_read_strictly_and_not_recursed_into() {
    every_way(form::json_texts(), &Site::new().await).await;
}

#[tokio::test]
async fn a_time_of_a_wrong_type_or_out_of_range_is_rejected() {
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
    every_way(claims::others(), &Site::new().await).await;
}

#[tokio::test]
async fn credentials_in_a_wrong_form_are_rejected() {
    every_way(requests::credentials(), &Site::new().await).await;
}

#[tokio::test]
async fn a_token_stands_in_one_place() {
    every_way(requests::places(), &Site::new().await).await;
}

#[tokio::test]
async fn what_is_too_long_is_rejected() {
    every_way(requests::sizes(), &Site::new().await).await;
}
