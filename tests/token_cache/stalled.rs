//! A request that reads the clock and then takes its time.

use std::cell::RefCell;

use futures::FutureExt as _;
use serde::Deserialize;
use serde_json::Value;
use tower_jwt_auth::{Authenticator, Clock as _, Issuer, TokenCacheSettings};

use crate::{AUDIENCE, ISSUER, at_a_standstill, key, public, seconds};

thread_local! {
    /// What happens while claims are read, once.
    static MEANWHILE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

#[derive(Deserialize)]
#[serde(from = "Value")]
struct Stalling;

impl From<Value> for Stalling {
    fn from(_: Value) -> Self {
        if let Some(meanwhile) = MEANWHILE.take() {
            meanwhile();
        }
        Self
    }
}

/// Where the claims are, which is the same for as long as they are remembered.
fn place(authenticator: &Authenticator<Stalling>, token: &str) -> usize {
    let claims = authenticator
        .authenticate(token)
        .now_or_never()
        .unwrap()
        .unwrap();
    claims.json().as_ptr().addr()
}

#[test]
fn a_request_that_was_overtaken_by_the_clock_makes_nobody_elses_token_forgotten() {
    let (clock, builder) = at_a_standstill();
    let authenticator: Authenticator<Stalling> =
        Authenticator::builder(Issuer::from_keys(ISSUER, public(key()), AUDIENCE))
            .claims()
            .token_cache(TokenCacheSettings::default())
            .clock(clock.clone())
            .build_authenticator()
            .unwrap();
    let (others, own) = (
        builder.clone().subject("other").sign(),
        builder.subject("own").sign(),
    );
    let remembered = authenticator
        .authenticate(&others)
        .now_or_never()
        .unwrap()
        .unwrap();
    let before = remembered.json().as_ptr().addr();
    let (meanwhile, overtaking, token) = (clock.clone(), authenticator.clone(), others.clone());
    MEANWHILE.set(Some(Box::new(move || {
        meanwhile.set(meanwhile.now() + seconds(10));
        assert_eq!(place(&overtaking, &token), before);
    })));
    place(&authenticator, &own);
    assert!(
        MEANWHILE.take().is_none(),
        "the other request came in between"
    );
    assert_eq!(place(&authenticator, &others), before);
}
