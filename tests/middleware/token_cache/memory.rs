//! The memory that cached tokens take, also after their claims were read, is within `max_bytes`.

use allocation_counter::measure;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Issuer, JwtAuthBuilder, TokenCacheSettings,
};

use crate::support::{AUDIENCE, ISSUER};
use crate::token_cache::{is_same, public};

const MAX_BYTES: usize = 1024 * 1024;
const TOO_LARGE: &str = "an array whose values are too large to be cached";

/// Claims of different shapes, each of several KB at most.
fn shapes() -> Vec<(&'static str, &'static str, Value)> {
    let nested = (0..60).fold(json!(1), |value, _| json!([value]));
    let objects = (0..60).fold(json!(1), |value, _| json!({ "a": value }));
    let text = |count: usize, text: &str| json!(vec![text; count]);
    vec![
        ("usual claims", "roles", json!(["reader", "writer"])),
        ("nested arrays", "x", nested),
        ("nested objects", "x", objects),
        ("small arrays", "x", json!(vec![[1]; 80])),
        ("empty arrays", "x", json!(vec![[(); 0]; 500])),
        ("many numbers", "x", json!(vec![1; 500])),
        ("many strings", "x", text(300, "a")),
        ("one long string", "x", json!("x".repeat(5000))),
        ("an escaped string", "x", json!("\n".repeat(1000))),
        ("many scopes", "scp", text(500, "")),
        ("escaped scopes", "scp", text(300, "\n")),
        (TOO_LARGE, "x", json!(vec![[1]; 2000])),
    ]
}

fn tokens(key: &TestKey, name: &str, value: &Value) -> Vec<String> {
    let token = key.token().issuer(ISSUER).audience(AUDIENCE);
    let token = token.claim(name, value.clone());
    let token = |id: usize| token.clone().claim("jti", id.to_string()).sign();
    (0..300).map(token).collect()
}

fn builder(key: &TestKey) -> JwtAuthBuilder {
    let issuer = Issuer::from_keys(ISSUER, public(key), AUDIENCE);
    let settings = TokenCacheSettings::default()
        .max_entries(160)
        .max_bytes(MAX_BYTES);
    Authenticator::builder(issuer).token_cache(settings)
}

/// Verifies a token, and reads its claims.
fn read(authenticator: &Authenticator, token: &str) -> Claims {
    let outcome = crate::support::block_on(authenticator.authenticate(token));
    let claims = outcome.unwrap();
    assert!(claims.get("exp").is_some());
    claims
}

/// Reads the claims of all tokens. Returns the bytes that are still allocated afterwards, and how
/// many tokens are cached.
fn memory_of(key: &TestKey, tokens: &[String]) -> (usize, usize) {
    let authenticator = builder(key).build_authenticator().unwrap();
    let taken = measure(|| {
        for token in tokens {
            drop(read(&authenticator, token));
        }
    });
    let is_cached = |token: &&String| {
        let claims = [(); 2].map(|()| read(&authenticator, token));
        is_same(&claims[0], &claims[1])
    };
    // A token that is not cached is cached by the first look at it, in the place of another one, so
    // this is an estimate.
    let cached = tokens.iter().rev().filter(is_cached).count();
    (usize::try_from(taken.bytes_current).unwrap(), cached)
}

#[test]
fn cached_tokens_take_no_more_than_max_bytes_after_their_claims_were_read() {
    let key = TestKey::generate(Algorithm::HS256);
    for (shape, name, value) in shapes() {
        let (taken, cached) = memory_of(&key, &tokens(&key, name, &value));
        assert!(
            taken <= MAX_BYTES,
            "{shape}: {taken} bytes, {cached} cached"
        );
        let is_too_large = shape == TOO_LARGE;
        assert_eq!(cached == 0, is_too_large, "{shape}: {cached} cached");
    }
}

#[test]
fn the_arrays_of_registered_claims_count_with_a_claims_type_that_reads_nothing() {
    let key = TestKey::generate(Algorithm::HS256);
    for (shape, name, value) in shapes() {
        if name != "scp" {
            continue;
        }
        let builder = builder(&key).claims::<IgnoredAny>();
        let authenticator = builder.build_authenticator().unwrap();
        let tokens = tokens(&key, name, &value);
        let taken = measure(|| {
            for token in &tokens {
                drop(crate::support::block_on(authenticator.authenticate(token)).unwrap());
            }
        });
        let taken = usize::try_from(taken.bytes_current).unwrap();
        let expected = MAX_BYTES / 4..=MAX_BYTES;
        assert!(expected.contains(&taken), "{shape}: {taken} bytes");
    }
}
