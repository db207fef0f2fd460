//! The bounds that hold where nothing is set.

use std::cell::Cell;

use serde::Deserialize;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, Issuer, TokenCacheSettings};

use crate::{AUDIENCE, ISSUER, at_a_standstill, builder, public, same, seconds};

const BYTES: usize = 32 * 1024 * 1024;
/// What sixteen of ten thousand may count.
const SIXTEEN: usize = BYTES * 16 / 10_000;

thread_local! {
    static ALIVE: Cell<usize> = const { Cell::new(0) };
}

/// Claims that are counted for as long as they are kept. Where nobody else has them, it is the cache that does.
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

/// Tokens with a secret, which is what is quickest to sign with.
struct Forge {
    key: TestKey,
    authenticator: Authenticator<Counted>,
}

/// How long header and payload are, beyond what they must be.
type Fillers = [usize; 2];

impl Forge {
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

    /// Another token for each number, all of one length.
    fn token(&self, number: usize, fillers: Fillers) -> String {
        let [header, payload] = fillers.map(|length| "x".repeat(length));
        let header = format!(r#"{{"alg":"HS256","x":"{header}"}}"#);
        let registered = format!(r#""iss":"{ISSUER}","aud":"{AUDIENCE}","exp":99999999999"#);
        let payload = format!(r#"{{{registered},"jti":"{number:08}","x":"{payload}"}}"#);
        self.key.sign_raw(&header, payload.as_bytes())
    }

    /// Sees a token; gives what it counts, and how many are remembered then.
    async fn see(&self, number: usize, fillers: Fillers) -> (usize, usize) {
        let token = self.token(number, fillers);
        let claims = self.authenticator.authenticate(&token).await.unwrap();
        let counts = (token.len() + claims.json().len()) * 2 + 400;
        drop(claims);
        (counts, ALIVE.get())
    }

    /// The most that are remembered at a time of so many, and what each counts.
    async fn most(&self, tokens: usize, fillers: Fillers) -> (usize, usize) {
        let (mut counts, mut most) = (0, 0);
        for number in 0..tokens {
            let (each, remembered) = self.see(number, fillers).await;
            (counts, most) = (each, most.max(remembered));
        }
        (counts, most)
    }
}

#[tokio::test]
async fn a_token_is_remembered_for_five_minutes() {
    let (clock, token) = at_a_standstill();
    let authenticator = builder()
        .clock(clock.clone())
        .build_authenticator()
        .unwrap();
    let token = token.expires_in(seconds(3600)).sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    clock.advance(seconds(5 * 60 - 1));
    assert!(same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
    clock.advance(seconds(1));
    assert!(
        !same(&first, &authenticator.authenticate(&token).await.unwrap()),
        "it is verified again"
    );
}

#[tokio::test]
async fn of_any_number_ten_thousand_are_remembered() {
    let (_, most) = Forge::new().most(20_000, [0, 0]).await;
    assert_eq!(most, 10_000);
}

/// With 1,196 bytes a token counts a twelfth of what sixteen may.
#[tokio::test]
async fn what_is_remembered_counts_32_mebibytes_at_the_most() {
    let (counts, most) = Forge::new().most(18_000, [1, 738]).await;
    assert_eq!((counts, most), (SIXTEEN / 12 - 1, 7500));
    assert!((BYTES - 20_000..=BYTES).contains(&(counts * most)));
}

#[tokio::test]
async fn a_token_that_counts_more_than_sixteen_may_is_not_remembered() {
    let forge = Forge::new();
    assert_eq!(forge.see(0, [1, 11_284]).await, (SIXTEEN + 1, 0));
    assert_eq!(forge.see(0, [0, 11_284]).await, (SIXTEEN - 1, 1));
}
