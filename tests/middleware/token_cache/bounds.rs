//! The bounds of the cache in entries, bytes and time.

use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{Clock, ConfigErrorKind, Issuer, JwtAuthBuilder, TokenCacheSettings};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, key, ml_dsa};
use crate::token_cache::{builder, fixed_clock, is_same, public, seconds, token, with_token_cache};

/// Verifies 1,000 distinct tokens. Returns how many of them are cached after that.
async fn cached_tokens(settings: TokenCacheSettings, claim: &str) -> usize {
    cached(builder(), settings, 1000, || token().claim("filler", claim)).await
}

/// Does the same with so many tokens of another builder.
async fn cached(
    builder: JwtAuthBuilder,
    settings: TokenCacheSettings,
    count: usize,
    token: impl Fn() -> TokenBuilder,
) -> usize {
    let authenticator = builder.token_cache(settings).build_authenticator().unwrap();
    let tokens: Vec<_> = (0..count).map(|_| token().sign()).collect();
    let mut claims = Vec::new();
    for token in &tokens {
        claims.push(authenticator.authenticate(token).await.unwrap());
    }
    let mut cached = 0;
    for (token, claims) in tokens.iter().zip(&claims).rev() {
        let again = authenticator.authenticate(token).await.unwrap();
        cached += usize::from(is_same(claims, &again));
    }
    cached
}

#[tokio::test]
async fn distinct_tokens_do_not_exceed_max_entries() {
    assert_eq!(cached_tokens(TokenCacheSettings::default(), "").await, 1000);
    let cached = cached_tokens(TokenCacheSettings::default().max_entries(100), "").await;
    assert!((20..=100).contains(&cached), "{cached}");
}

#[tokio::test]
async fn large_tokens_do_not_exceed_max_bytes() {
    // The token has 5.6 KB and its claims have 4.2 KB. Both count twice: 50 tokens are a megabyte.
    let cached = cached_tokens(
        TokenCacheSettings::default().max_bytes(1_000_000),
        &"x".repeat(4000),
    )
    .await;
    assert!((10..=51).contains(&cached), "{cached}");
}

#[tokio::test]
async fn tokens_with_ml_dsa_count_with_their_length() {
    for algorithm in ml_dsa() {
        let (signer, all) = (key(algorithm), [algorithm]);
        let token = || signer.token().issuer(ISSUER).audience(AUDIENCE);
        let len = token().sign().len();
        let issuer = Issuer::from_keys(ISSUER, public(signer), AUDIENCE).algorithms(all);
        let settings = TokenCacheSettings::default().max_bytes(1_000_000);
        let cached = cached(with_token_cache(issuer), settings, 300, token).await;
        // Each counts as twice its text at least.
        let most = 1_000_000 / (2 * len);
        assert!(
            (most / 4..=most).contains(&cached),
            "{algorithm}: {cached} of {most}"
        );
    }
}

#[tokio::test]
async fn no_entry_is_used_for_longer_than_max_ttl() {
    let (clock, token) = fixed_clock();
    let settings = TokenCacheSettings::default().max_ttl(seconds(60));
    let authenticator = builder()
        .clock(clock.clone())
        .token_cache(settings)
        .build_authenticator()
        .unwrap();
    let token = token.sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    clock.advance(seconds(59));
    assert!(is_same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
    clock.advance(seconds(1));
    let again = authenticator.authenticate(&token).await.unwrap();
    assert!(!is_same(&first, &again), "it is verified again");
    assert!(is_same(
        &again,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}

#[tokio::test]
async fn a_clock_that_steps_back_extends_no_entry() {
    let (clock, token) = fixed_clock();
    let start = Clock::now(&clock);
    let settings = TokenCacheSettings::default().max_ttl(seconds(60));
    let authenticator = builder()
        .clock(clock.clone())
        .token_cache(settings)
        .build_authenticator()
        .unwrap();
    let token = token.sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    clock.advance(seconds(50));
    assert!(is_same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
    clock.set(start + seconds(10));
    let again = authenticator.authenticate(&token).await.unwrap();
    assert!(!is_same(&first, &again), "the age of the entry is unknown");
    assert!(is_same(
        &again,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}

#[test]
fn settings_out_of_range_are_rejected() {
    let default = TokenCacheSettings::default;
    for settings in [
        default().max_entries(0),
        default().max_bytes(0),
        default().max_ttl(seconds(0)),
        default().max_entries(usize::MAX),
    ] {
        let error = builder()
            .token_cache(settings)
            .build_authenticator()
            .unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    }
}

#[tokio::test]
async fn the_largest_bounds_do_not_overflow() {
    let settings = TokenCacheSettings::default()
        .max_bytes(usize::MAX)
        .max_ttl(std::time::Duration::MAX);
    let authenticator = builder()
        .token_cache(settings)
        .build_authenticator()
        .unwrap();
    let token = token().claim("exp", 253_402_300_799_u64).sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    assert!(is_same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}
