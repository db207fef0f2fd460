//! The checks that every request makes, whether its token is cached or not.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderValue, Request, Response, StatusCode};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Authenticator, ErrorKind, Issuer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};
use crate::token_cache::{
    builder, fixed_clock, is_same, kind, public, seconds, token, with_token_cache,
};

#[tokio::test]
async fn the_signature_of_a_token_is_checked_once() {
    let authenticator = builder().build_authenticator().unwrap();
    let token = token().sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    let second = authenticator.authenticate(&token).await.unwrap();
    assert!(is_same(&first, &second));
}

#[tokio::test]
async fn the_cache_is_off_by_default() {
    let authenticator: Authenticator =
        Authenticator::builder(Issuer::from_keys(ISSUER, public(default_key()), AUDIENCE))
            .build_authenticator()
            .unwrap();
    let token = token().sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    assert!(!is_same(
        &first,
        &authenticator.authenticate(&token).await.unwrap()
    ));
}

// CVE-2026-35039: the cache of another library mistook one token for another.
#[tokio::test]
async fn a_token_never_gets_the_claims_of_another() {
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
async fn a_token_changed_in_any_byte_is_no_hit() {
    let authenticator = builder().build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    for index in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            authenticator.authenticate(&changed).await.is_err(),
            "changed at {index}"
        );
        // The hash is that of the signature's end, which is unchanged here.
        assert!(
            authenticator
                .authenticate(&changed[index.min(token.len() - 60)..])
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

/// Uses bytes, because a header value need not be a `str`.
#[tokio::test]
async fn a_header_changed_in_any_bit_of_the_token_is_rejected() {
    let layer = builder().build().unwrap();
    let valid = format!("Bearer {}", token().sign()).into_bytes();
    let status = async |value: &[u8]| {
        let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
        let value = HeaderValue::from_bytes(value).ok()?;
        let request = Request::get("/")
            .header("authorization", value)
            .body(())
            .unwrap();
        Some(layer.layer(inner).oneshot(request).await.unwrap().status())
    };
    assert_eq!(status(&valid).await, Some(StatusCode::OK));
    for index in "Bearer ".len()..valid.len() {
        for bit in 0..8 {
            let mut changed = valid.clone();
            changed[index] ^= 1 << bit;
            // Some are not valid in a header. A comma makes two credentials.
            let rejected = [
                None,
                Some(StatusCode::UNAUTHORIZED),
                Some(StatusCode::BAD_REQUEST),
            ];
            assert!(
                rejected.contains(&status(&changed).await),
                "bit {bit} of byte {index}"
            );
        }
    }
    assert_eq!(status(&valid).await, Some(StatusCode::OK));
}

#[tokio::test]
async fn rejections_are_not_cached() {
    let (clock, token) = fixed_clock();
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
        "the token is checked again"
    );
}

#[tokio::test]
async fn no_entry_is_used_after_its_token_expires() {
    let (clock, token) = fixed_clock();
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

// CVE-2026-107719: the cache of another library ignored `exp` of tokens without `iat`.
#[tokio::test]
async fn no_entry_is_used_after_a_token_without_iat_expires() {
    let (clock, token) = fixed_clock();
    let authenticator = builder()
        .clock(clock.clone())
        .build_authenticator()
        .unwrap();
    let token = token.expires_in(seconds(100)).without_claim("iat").sign();
    let first = authenticator.authenticate(&token).await.unwrap();
    clock.advance(seconds(100 + 59));
    assert!(is_same(
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
async fn a_token_is_not_yet_valid_after_the_clock_steps_back() {
    let (clock, token) = fixed_clock();
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
async fn revocation_and_authorization_are_checked_every_time() {
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
async fn a_cached_token_is_rejected_as_a_replay() {
    let authenticator = builder().reject_replays(100).build_authenticator().unwrap();
    let token = token().sign();
    assert!(authenticator.authenticate(&token).await.is_ok());
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::Replayed)
    );
}

#[tokio::test]
async fn authenticators_do_not_share_a_cache() {
    let token = token().sign();
    let lenient = builder().build_authenticator().unwrap();
    let strict = [
        builder().access_tokens_only(),
        builder().require_scopes(["admin"]),
        builder().max_lifetime(seconds(10)).leeway(seconds(0)),
        with_token_cache(Issuer::from_keys(
            ISSUER,
            public(default_key()),
            "https://other.example",
        )),
        with_token_cache(Issuer::from_keys(
            "https://other.example",
            public(default_key()),
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
