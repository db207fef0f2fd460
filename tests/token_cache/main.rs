//! The cache of verified tokens: what it may remember, and what it may not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "in a test a panic is the report"
)]

mod binding;
mod bounds;
mod checks;
mod defaults;
mod keys;
mod stalled;

use std::sync::OnceLock;
use std::time::Duration;

use tower_jwt_auth::testing::{TestClock, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Error, ErrorKind, Issuer, JwtAuthBuilder, Key, KeySet,
    TokenCacheSettings,
};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";

fn key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::generate(Algorithm::ES256))
}

fn public(key: &TestKey) -> KeySet {
    Key::from_jwk(&key.jwk().to_string()).unwrap().into()
}

fn token() -> TokenBuilder {
    key().token().issuer(ISSUER).audience(AUDIENCE)
}

fn remembering(issuer: Issuer) -> JwtAuthBuilder {
    Authenticator::builder(issuer).token_cache(TokenCacheSettings::default())
}

fn builder() -> JwtAuthBuilder {
    remembering(Issuer::from_keys(ISSUER, public(key()), AUDIENCE))
}

/// The same claims in memory: the second answer came from the cache.
fn same(one: &Claims, two: &Claims) -> bool {
    std::ptr::eq(one.json(), two.json())
}

fn kind(outcome: Result<Claims, Error>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A clock that stands still, and a token builder that goes by it.
fn at_a_standstill() -> (TestClock, TokenBuilder) {
    let clock = TestClock::now_fixed();
    let token = token().clock(&clock);
    (clock, token)
}
