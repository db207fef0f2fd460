//! The default bounds.

use std::cell::Cell;

use serde::Deserialize;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, Issuer, TokenCacheSettings};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER};
use crate::token_cache::{builder, fixed_clock, is_same, public, seconds};

const MAX_BYTES: usize = 32 * 1024 * 1024;
/// The share of 16 of 10,000 entries, which bounds a set of the table.
const SET_BYTES: usize = MAX_BYTES * 16 / 10_000;

thread_local! {
    static ALIVE: Cell<usize> = const { Cell::new(0) };
}

/// Claims that count how many of them are alive. Only the cache keeps any.
#[derive(Deserialize)]
struct Counted {
    #[serde(skip)]
    _alive: Alive,
}

struct Alive;

impl Default for Alive {
    fn default() -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Self
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

/// Signs with a shared secret, which is the fastest, and verifies.
struct Setup {
    key: TestKey,
    authenticator: Authenticator<Counted>,
}

/// The lengths of padding in header and payload.
type Paddings = [usize; 2];

impl Setup {
    fn new() -> Self {
        let key = TestKey::generate(Algorithm::HS256);
        let issuer = Issuer::from_keys(ISSUER, public(&key), AUDIENCE);
        let builder = Authenticator::builder(issuer)
            .claims()
            .token_cache(TokenCacheSettings::default());
        Self {
            key,
            authenticator: builder.build_authenticator().unwrap(),
        }
    }

    /// Returns a different token for each number. All have the same length.
    fn token(&self, number: usize, paddings: Paddings) -> String {
        let [header, payload] = paddings.map(|length| "x".repeat(length));
        let header = format!(r#"{{"alg":"HS256","x":"{header}"}}"#);
        let registered = format!(r#""iss":"{ISSUER}","aud":"{AUDIENCE}","exp":99999999999"#);
        let payload = format!(r#"{{{registered},"jti":"{number:08}","x":"{payload}"}}"#);
        self.key.sign_raw(&header, payload.as_bytes())
    }

    /// Verifies a token. Returns the bytes that it counts as, and the number of cached tokens.
    async fn verify(&self, number: usize, paddings: Paddings) -> (usize, usize) {
        let token = self.token(number, paddings);
        let claims = self.authenticator.authenticate(&token).await.unwrap();
        let bytes = (token.len() + claims.json().len()) * 2 + 400;
        drop(claims);
        (bytes, ALIVE.get())
    }

    /// Verifies many tokens. Returns the bytes that each counts as, and the maximum number of
    /// cached tokens.
    async fn verify_many(&self, tokens: usize, paddings: Paddings) -> (usize, usize) {
        let (mut bytes, mut max_cached) = (0, 0);
        for number in 0..tokens {
            let (each, cached) = self.verify(number, paddings).await;
            (bytes, max_cached) = (each, max_cached.max(cached));
        }
        (bytes, max_cached)
    }
}

#[tokio::test]
async fn a_token_is_cached_for_five_minutes() {
    let (clock, token) = fixed_clock();
    let authenticator = builder()
        .clock(clock.clone())
        .build_authenticator()
        .unwrap();
    let token = token.expires_in(seconds(3600)).sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    clock.advance(seconds(5 * 60 - 1));
    assert!(is_same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
    clock.advance(seconds(1));
    assert!(
        !is_same(&first, &authenticator.authenticate(&token).await.unwrap()),
        "it is verified again"
    );
}

#[tokio::test]
async fn at_most_10_000_tokens_are_cached() {
    let (_, max_cached) = Setup::new().verify_many(20_000, [0, 0]).await;
    assert_eq!(max_cached, 10_000);
}

/// A token of 1,196 bytes counts as a twelfth of a set.
#[tokio::test]
async fn at_most_32_mib_are_cached() {
    let (bytes, max_cached) = Setup::new().verify_many(18_000, [1, 738]).await;
    assert_eq!((bytes, max_cached), (SET_BYTES / 12 - 1, 7500));
    assert!((MAX_BYTES - 20_000..=MAX_BYTES).contains(&(bytes * max_cached)));
}

#[tokio::test]
async fn a_token_that_counts_as_more_than_a_set_is_not_cached() {
    let setup = Setup::new();
    assert_eq!(setup.verify(0, [1, 11_284]).await, (SET_BYTES + 1, 0));
    assert_eq!(setup.verify(0, [0, 11_284]).await, (SET_BYTES - 1, 1));
}
