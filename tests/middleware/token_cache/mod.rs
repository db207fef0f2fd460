//! The cache of verified tokens: its bounds, and the checks that it must not skip.

mod binding;
mod bounds;
mod checks;
mod defaults;
mod keys;
mod memory;
mod stalled;

use std::time::Duration;

use tower_jwt_auth::testing::{TestClock, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Authenticator, Claims, Error, ErrorKind, Issuer, JwtAuthBuilder, Key, KeySet,
    TokenCacheSettings,
};

use crate::support::{AUDIENCE, ISSUER, default_key};

fn public(key: &TestKey) -> KeySet {
    Key::from_jwk(&key.jwk().to_string()).unwrap().into()
}

fn token() -> TokenBuilder {
    default_key().token().issuer(ISSUER).audience(AUDIENCE)
}

fn with_token_cache(issuer: Issuer) -> JwtAuthBuilder {
    Authenticator::builder(issuer).token_cache(TokenCacheSettings::default())
}

fn builder() -> JwtAuthBuilder {
    with_token_cache(Issuer::from_keys(ISSUER, public(default_key()), AUDIENCE))
}

/// Returns whether both claims share their memory: then the second ones are from the cache.
fn is_same(one: &Claims, two: &Claims) -> bool {
    std::ptr::eq(one.json(), two.json())
}

fn kind(outcome: Result<Claims, Error>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns a clock that stands still, and a builder of a token that is issued at its time.
fn fixed_clock() -> (TestClock, TokenBuilder) {
    let clock = TestClock::frozen();
    let token = token().clock(&clock);
    (clock, token)
}
