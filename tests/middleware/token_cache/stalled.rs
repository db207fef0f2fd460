//! A request that is slow after it has read the clock.

use std::cell::RefCell;

use futures::FutureExt as _;
use serde::Deserialize;
use serde_json::Value;
use tower_jwt_auth::{Authenticator, Clock as _, Issuer, TokenCacheSettings};

use crate::support::{AUDIENCE, ISSUER, default_key};
use crate::token_cache::{fixed_clock, public, seconds};

thread_local! {
    /// Runs once, while claims are deserialized.
    static WHILE_READING: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

#[derive(Deserialize)]
#[serde(from = "Value")]
struct SlowClaims;

impl From<Value> for SlowClaims {
    fn from(_: Value) -> Self {
        if let Some(run) = WHILE_READING.take() {
            run();
        }
        Self
    }
}

/// Returns the address of the claims, which stays the same while they are cached.
fn claims_address(authenticator: &Authenticator<SlowClaims>, token: &str) -> usize {
    let claims = authenticator
        .authenticate(token)
        .now_or_never()
        .unwrap()
        .unwrap();
    claims.json().as_ptr().addr()
}

#[test]
fn a_slow_request_does_not_evict_the_tokens_of_others() {
    let (clock, builder) = fixed_clock();
    let authenticator: Authenticator<SlowClaims> =
        Authenticator::builder(Issuer::from_keys(ISSUER, public(default_key()), AUDIENCE))
            .claims()
            .token_cache(TokenCacheSettings::default())
            .clock(clock.clone())
            .build_authenticator()
            .unwrap();
    let (others, own) = (
        builder.clone().subject("other").sign(),
        builder.subject("own").sign(),
    );
    let cached = authenticator
        .authenticate(&others)
        .now_or_never()
        .unwrap()
        .unwrap();
    let before = cached.json().as_ptr().addr();
    let (moved, concurrent, token) = (clock.clone(), authenticator.clone(), others.clone());
    WHILE_READING.set(Some(Box::new(move || {
        moved.set(moved.now() + seconds(10));
        assert_eq!(claims_address(&concurrent, &token), before);
    })));
    claims_address(&authenticator, &own);
    assert!(
        WHILE_READING.take().is_none(),
        "the other request ran in between"
    );
    assert_eq!(claims_address(&authenticator, &others), before);
}
