//! Optional mode: only a request without a token is passed on without claims. An invalid token is
//! rejected as always, and never makes the caller an anonymous one.

use crate::attack::Attack;
use crate::run::in_optional_mode;
use crate::site::Site;
use crate::support::tokio;
use crate::{binding, claims, form, header, numbers, purposes, requests, signature};

#[tokio::test]
async fn credentials_that_are_no_token_are_passed_on_without_claims_and_others_are_rejected() {
    let lists: [fn() -> Vec<Attack>; 6] = [
        requests::credentials,
        requests::hosts,
        requests::locations,
        requests::sizes,
        binding::schemes,
        form::json_serializations,
    ];
    run(lists).await;
}

#[tokio::test]
async fn an_invalid_token_does_not_make_an_anonymous_request() {
    let lists: [fn() -> Vec<Attack>; 8] = [
        signature::unsigned,
        signature::other_issuers,
        numbers::ed25519,
        form::shapes,
        header::extensions,
        header::other_tokens,
        claims::audiences,
        binding::confirmations,
    ];
    run(lists).await;
    run([purposes::audiences, purposes::events, purposes::proofs]).await;
}

async fn run(lists: impl IntoIterator<Item = fn() -> Vec<Attack>>) {
    let attacks = lists.into_iter().flat_map(|list| list());
    in_optional_mode(attacks, &Site::new().await).await;
}
