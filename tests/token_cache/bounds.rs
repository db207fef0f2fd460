//! Bounded in entries, bytes and time.

use tower_jwt_auth::{Clock, ConfigErrorKind, TokenCacheSettings};

use crate::{at_a_standstill, builder, same, seconds, token};

/// How many of many distinct tokens are still remembered after all were seen.
async fn kept(settings: TokenCacheSettings, claim: &str) -> usize {
    let authenticator = builder()
        .token_cache(settings)
        .build_authenticator()
        .unwrap();
    let tokens: Vec<_> = (0..1000)
        .map(|_| token().claim("filler", claim).sign())
        .collect();
    let mut claims = Vec::new();
    for token in &tokens {
        claims.push(authenticator.authenticate(token).await.unwrap());
    }
    let mut kept = 0;
    for (token, claims) in tokens.iter().zip(&claims).rev() {
        let again = authenticator.authenticate(token).await.unwrap();
        kept += usize::from(same(claims, &again));
    }
    kept
}

#[tokio::test]
async fn a_stream_of_distinct_tokens_keeps_within_the_entries() {
    assert_eq!(kept(TokenCacheSettings::default(), "").await, 1000);
    let few = kept(TokenCacheSettings::default().max_entries(100), "").await;
    assert!((20..=100).contains(&few), "{few}");
}

#[tokio::test]
async fn large_tokens_keep_within_the_bytes() {
    // A token of 5.6 KB and claims of 4.2 KB, twice: 50 of them make a megabyte.
    let few = kept(
        TokenCacheSettings::default().max_bytes(1_000_000),
        &"x".repeat(4000),
    )
    .await;
    assert!((10..=51).contains(&few), "{few}");
}

#[tokio::test]
async fn no_entry_outlives_its_cap() {
    let (clock, token) = at_a_standstill();
    let settings = TokenCacheSettings::default().max_ttl(seconds(60));
    let authenticator = builder()
        .clock(clock.clone())
        .token_cache(settings)
        .build_authenticator()
        .unwrap();
    let token = token.sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    clock.advance(seconds(59));
    assert!(same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
    clock.advance(seconds(1));
    let again = authenticator.authenticate(&token).await.unwrap();
    assert!(!same(&first, &again), "it is verified again");
    assert!(same(
        &again,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}

#[tokio::test]
async fn a_clock_that_steps_back_lengthens_no_entrys_life() {
    let (clock, token) = at_a_standstill();
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
    assert!(same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
    clock.set(start + seconds(10));
    let again = authenticator.authenticate(&token).await.unwrap();
    assert!(!same(&first, &again), "nobody can say how old it is");
    assert!(same(
        &again,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}

#[test]
fn bounds_that_bound_nothing_are_refused() {
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
async fn bounds_beyond_all_memory_and_time_do_no_harm() {
    let settings = TokenCacheSettings::default()
        .max_bytes(usize::MAX)
        .max_ttl(std::time::Duration::MAX);
    let authenticator = builder()
        .token_cache(settings)
        .build_authenticator()
        .unwrap();
    let token = token().claim("exp", 253_402_300_799_u64).sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    assert!(same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}
