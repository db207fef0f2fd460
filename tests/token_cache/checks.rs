//! What is checked at every use, cached or not.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderValue, Request, Response, StatusCode};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Authenticator, ErrorKind, Issuer};

use crate::{
    AUDIENCE, ISSUER, at_a_standstill, builder, key, kind, public, remembering, same, seconds,
    token,
};

#[tokio::test]
async fn a_token_is_verified_once() {
    let authenticator = builder().build_authenticator().unwrap();
    let token = token().sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    let second = authenticator.authenticate(&token).await.unwrap();
    assert!(same(&first, &second));
}

#[tokio::test]
async fn it_is_off_unless_asked_for() {
    let authenticator: Authenticator =
        Authenticator::builder(Issuer::from_keys(ISSUER, public(key()), AUDIENCE))
            .build_authenticator()
            .unwrap();
    let token = token().sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    assert!(!same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}

// CVE-2026-35039: a cache elsewhere took two tokens for one.
#[tokio::test]
async fn one_users_token_never_gives_anothers_claims() {
    let authenticator = builder().build_authenticator().unwrap();
    let tokens: Vec<_> = (0..200)
        .map(|user| (user, token().subject(format!("user-{user}")).sign()))
        .collect();
    for _ in 0..3 {
        for (user, token) in &tokens {
            let claims = authenticator.authenticate(token).await.unwrap();
            assert_eq!(claims.subject(), Some(&*format!("user-{user}")));
        }
    }
}

#[tokio::test]
async fn a_token_that_differs_anywhere_is_another_one() {
    let authenticator = builder().build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    for place in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            authenticator.authenticate(&changed).await.is_err(),
            "changed at {place}"
        );
        // Another header and payload with the signature, whose end is what is hashed.
        assert!(
            authenticator
                .authenticate(&changed[place.min(token.len() - 60)..])
                .await
                .is_err()
        );
    }
    assert!(
        authenticator
            .authenticate(&format!("{token}A"))
            .await
            .is_err()
    );
    assert!(authenticator.authenticate(&token).await.is_ok());
}

/// As bytes, since a header can hold what a `str` can't.
#[tokio::test]
async fn a_header_that_differs_in_any_bit_of_a_token_is_another_one() {
    let layer = builder().build().unwrap();
    let good = format!("Bearer {}", token().sign()).into_bytes();
    let status = async |value: &[u8]| {
        let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
        let value = HeaderValue::from_bytes(value).ok()?;
        let request = Request::get("/")
            .header("authorization", value)
            .body(())
            .unwrap();
        Some(layer.layer(inner).oneshot(request).await.unwrap().status())
    };
    assert_eq!(status(&good).await, Some(StatusCode::OK));
    for place in "Bearer ".len()..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[place] ^= 1 << bit;
            // Some are no header's, and none is accepted; a comma is for two of them.
            let refused = [
                None,
                Some(StatusCode::UNAUTHORIZED),
                Some(StatusCode::BAD_REQUEST),
            ];
            assert!(
                refused.contains(&status(&changed).await),
                "bit {bit} of byte {place}"
            );
        }
    }
    assert_eq!(status(&good).await, Some(StatusCode::OK));
}

#[tokio::test]
async fn failures_are_not_remembered() {
    let (clock, token) = at_a_standstill();
    let authenticator = builder()
        .clock(clock.clone())
        .build_authenticator()
        .unwrap();
    let early = token.claim("nbf", 99_999_999_999_u64).sign();
    assert_eq!(
        kind(authenticator.authenticate(&early).await),
        Some(ErrorKind::NotYetValid)
    );
    clock.set(std::time::SystemTime::UNIX_EPOCH + seconds(99_999_999_999));
    assert_eq!(
        kind(authenticator.authenticate(&early).await),
        Some(ErrorKind::Expired),
        "it was looked at again"
    );
}

#[tokio::test]
async fn no_entry_outlives_its_token() {
    let (clock, token) = at_a_standstill();
    let authenticator = builder()
        .clock(clock.clone())
        .leeway(seconds(0))
        .build_authenticator()
        .unwrap();
    let token = token.expires_in(seconds(100)).sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    clock.advance(seconds(99));
    assert!(authenticator.authenticate(&token).await.is_ok());
    clock.advance(seconds(1));
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::Expired)
    );
}

// CVE-2026-107719: a cache elsewhere took its deadline from `exp` only where there was an `iat`.
#[tokio::test]
async fn no_entry_outlives_a_token_that_does_not_say_when_it_was_issued() {
    let (clock, token) = at_a_standstill();
    let authenticator = builder()
        .clock(clock.clone())
        .build_authenticator()
        .unwrap();
    let token = token.expires_in(seconds(100)).without_claim("iat").sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    clock.advance(seconds(100 + 59));
    assert!(same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
    clock.advance(seconds(1));
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::Expired)
    );
}

#[tokio::test]
async fn a_clock_that_steps_back_makes_a_token_wait_again() {
    let (clock, token) = at_a_standstill();
    let start = tower_jwt_auth::Clock::now(&clock);
    let authenticator = builder()
        .clock(clock.clone())
        .build_authenticator()
        .unwrap();
    let token = token.sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    clock.set(start - seconds(3600));
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::NotYetValid)
    );
    clock.set(start);
    assert!(authenticator.authenticate(&token).await.is_ok());
}

#[tokio::test]
async fn revocation_and_authorisation_are_asked_every_time() {
    let (revoked, allowed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(true)),
    );
    let (is_revoked, is_allowed) = (Arc::clone(&revoked), Arc::clone(&allowed));
    let authenticator = builder()
        .reject_revoked(move |_| is_revoked.load(Ordering::Relaxed))
        .authorize(move |_| is_allowed.load(Ordering::Relaxed))
        .build_authenticator()
        .unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    allowed.store(false, Ordering::Relaxed);
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::InsufficientScope)
    );
    revoked.store(true, Ordering::Relaxed);
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::Revoked)
    );
    revoked.store(false, Ordering::Relaxed);
    allowed.store(true, Ordering::Relaxed);
    assert!(authenticator.authenticate(&token).await.is_ok());
}

#[tokio::test]
async fn a_single_use_token_is_used_once() {
    let authenticator = builder().reject_replays(100).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::Replayed)
    );
}

#[tokio::test]
async fn authenticators_with_other_rules_share_nothing() {
    let token = token().sign();
    let lenient = builder().build_authenticator().unwrap();
    let strict = [
        builder().access_tokens_only(),
        builder().require_scopes(["admin"]),
        builder().max_lifetime(seconds(10)).leeway(seconds(0)),
        remembering(Issuer::from_keys(
            ISSUER,
            public(key()),
            "https://other.example",
        )),
        remembering(Issuer::from_keys(
            "https://other.example",
            public(key()),
            AUDIENCE,
        )),
    ];
    assert!(lenient.authenticate(&token).await.is_ok());
    for builder in strict {
        let strict = builder.build_authenticator().unwrap();
        assert!(strict.authenticate(&token).await.is_err());
        assert!(lenient.authenticate(&token).await.is_ok());
        assert!(strict.authenticate(&token).await.is_err());
    }
}
