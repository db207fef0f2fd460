//! The cache of verified tokens.

use std::time::Duration;

use futures::future::join;
use tokio::time::sleep;
use tower_jwt_auth::{Issuer, JwtAuthLayer, TokenCacheSettings};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{AUDIENCE, Held, ISSUER, ask, bearer, builder, clock, token};

fn layer(recorder: &Recorder, settings: TokenCacheSettings) -> JwtAuthLayer {
    let builder = builder().token_cache(settings);
    builder.add_observer(recorder.clone()).build().unwrap()
}

#[tokio::test]
async fn the_first_look_up_is_a_miss_and_the_next_one_a_hit() {
    let recorder = Recorder::default();
    let layer = layer(&recorder, TokenCacheSettings::default());
    let token = token().sign();
    for expected in ["token_cache Miss", "token_cache Hit", "token_cache Hit"] {
        ask(&layer, bearer(&token)).await;
        assert_eq!(recorder.take_only("token_cache"), [expected]);
    }
    ask(&layer, bearer("made.up.token")).await;
    assert_eq!(recorder.take_only("token_cache"), ["token_cache Miss"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_keys_is_one_miss() {
    let (recorder, held) = (Recorder::default(), Held::new());
    let issuer = Issuer::from_key_source(ISSUER, held.clone(), AUDIENCE);
    let layer = JwtAuthLayer::builder(issuer)
        .clock(clock())
        .token_cache(TokenCacheSettings::default())
        .add_observer(recorder.clone())
        .build()
        .unwrap();
    let released = async {
        sleep(Duration::from_millis(10)).await;
        held.release();
    };
    join(ask(&layer, bearer(&token().sign())), released).await;
    assert_eq!(recorder.take_only("token_cache"), ["token_cache Miss"]);
}

#[tokio::test]
async fn what_is_no_jwt_is_no_miss() {
    let recorder = Recorder::default();
    let layer = layer(&recorder, TokenCacheSettings::default());
    ask(&layer, bearer("opaque")).await;
    assert!(recorder.take_only("token_cache").is_empty());
}

#[tokio::test]
async fn a_token_that_takes_the_place_of_another_evicts_it_unless_that_has_expired() {
    let recorder = Recorder::default();
    let settings = TokenCacheSettings::default().max_entries(1);
    let layer = layer(&recorder, settings);
    let numbered = |number: usize| token().claim("jti", number.to_string());
    ask(&layer, bearer(&numbered(0).sign())).await;
    assert_eq!(recorder.take_only("token_cache"), ["token_cache Miss"]);
    ask(&layer, bearer(&numbered(1).sign())).await;
    assert_eq!(
        recorder.take_only("token_cache"),
        ["token_cache Miss", "token_cache Evicted"]
    );
}

#[tokio::test]
async fn an_expired_entry_is_no_eviction() {
    let recorder = Recorder::default();
    let clock = clock();
    let settings = TokenCacheSettings::default()
        .max_entries(1)
        .max_ttl(Duration::from_secs(10));
    let builder = builder().clock(clock.clone()).token_cache(settings);
    let layer = builder.add_observer(recorder.clone()).build().unwrap();
    ask(&layer, bearer(&token().claim("jti", "1").sign())).await;
    clock.advance(Duration::from_secs(20));
    ask(&layer, bearer(&token().claim("jti", "2").sign())).await;
    assert_eq!(
        recorder.take_only("token_cache"),
        ["token_cache Miss", "token_cache Miss"]
    );
}

#[tokio::test]
async fn a_token_that_is_too_large_is_skipped() {
    let recorder = Recorder::default();
    let settings = TokenCacheSettings::default().max_bytes(64 * 1024);
    let layer = layer(&recorder, settings);
    let large = token().claim("filler", "x".repeat(8_000)).sign();
    ask(&layer, bearer(&large)).await;
    assert_eq!(
        recorder.take_only("token_cache"),
        ["token_cache Miss", "token_cache Skipped"]
    );
}

#[tokio::test]
async fn without_a_cache_nothing_is_told_of_it() {
    let recorder = Recorder::default();
    let layer = builder().add_observer(recorder.clone()).build().unwrap();
    ask(&layer, bearer(&token().sign())).await;
    assert!(recorder.take_only("token_cache").is_empty());
    assert!(layer.authenticator().token_cache_health().is_none());
}

#[tokio::test]
async fn health_has_the_number_of_cached_tokens_and_their_size() {
    let recorder = Recorder::default();
    let layer = layer(&recorder, TokenCacheSettings::default());
    let health = || layer.authenticator().token_cache_health().unwrap();
    assert_eq!((health().entries, health().bytes), (0, 0));
    let token = |number: usize| token().claim("jti", number.to_string()).sign();
    for number in 0..10 {
        ask(&layer, bearer(&token(number))).await;
    }
    assert_eq!(health().entries, 10);
    let at_least = 10 * 2 * token(0).len();
    assert!(health().bytes > at_least, "{}", health().bytes);
}
