//! Requirement 17: `exp`, `nbf` and `iat` against the clock (RFC 7519 §4.1.4 to §4.1.6).

use std::time::Duration;

use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthLayer};

use crate::support::{NOW, at, builder, clock, layer, payload, send, signed, token};

/// What a layer with so much leeway says of a token with these claims, as JSON text.
async fn verdict(leeway: u64, claims: &[(&str, &str)]) -> Option<ErrorKind> {
    let layer = builder()
        .leeway(Duration::from_secs(leeway))
        .build()
        .unwrap();
    send(&layer, &signed(payload(claims))).await.kind()
}

async fn verdict_of(leeway: u64, claim: &str, time: u64) -> Option<ErrorKind> {
    verdict(leeway, &[(claim, &time.to_string())]).await
}

#[tokio::test]
async fn a_token_expires_exactly_when_it_says_and_the_leeway_later() {
    for leeway in [0, 1, 60, 3600] {
        assert_eq!(
            verdict_of(leeway, "exp", NOW + 1 - leeway).await,
            None,
            "{leeway}"
        );
        assert_eq!(
            verdict_of(leeway, "exp", NOW - leeway).await,
            Some(ErrorKind::Expired),
            "{leeway}"
        );
        assert_eq!(
            verdict_of(leeway, "exp", NOW - 1 - leeway).await,
            Some(ErrorKind::Expired),
            "{leeway}"
        );
    }
}

#[tokio::test]
async fn a_token_is_valid_from_when_it_says_and_the_leeway_before() {
    for claim in ["nbf", "iat"] {
        for leeway in [0, 1, 60, 3600] {
            assert_eq!(
                verdict_of(leeway, claim, NOW - 1).await,
                None,
                "{claim} {leeway}"
            );
            assert_eq!(
                verdict_of(leeway, claim, NOW + leeway).await,
                None,
                "{claim} {leeway}"
            );
            let beyond = verdict(
                leeway,
                &[
                    ("exp", "1900000000"),
                    (claim, &(NOW + leeway + 1).to_string()),
                ],
            )
            .await;
            assert_eq!(beyond, Some(ErrorKind::NotYetValid), "{claim} {leeway}");
        }
    }
}

#[tokio::test]
async fn the_leeway_is_a_minute_by_default() {
    let verdict =
        async |claims: &[(&str, &str)]| send(&layer(), &signed(payload(claims))).await.kind();
    let text = |time: u64| time.to_string();
    assert_eq!(verdict(&[("exp", &text(NOW - 59))]).await, None);
    assert_eq!(
        verdict(&[("exp", &text(NOW - 60))]).await,
        Some(ErrorKind::Expired)
    );
    for claim in ["nbf", "iat"] {
        assert_eq!(verdict(&[(claim, &text(NOW + 60))]).await, None);
        assert_eq!(
            verdict(&[(claim, &text(NOW + 61))]).await,
            Some(ErrorKind::NotYetValid)
        );
    }
}

#[tokio::test]
async fn parts_of_a_second_count() {
    let clock = TestClock::new(at(NOW) + Duration::from_millis(500));
    let layer = builder()
        .clock(clock)
        .leeway(Duration::ZERO)
        .build()
        .unwrap();
    let verdict = async |claim: &str, time: &str| {
        send(&layer, &signed(payload(&[(claim, time)])))
            .await
            .kind()
    };
    assert_eq!(verdict("exp", "1800000000.75").await, None);
    assert_eq!(
        verdict("exp", "1800000000.5").await,
        Some(ErrorKind::Expired)
    );
    assert_eq!(
        verdict("exp", "1800000000.25").await,
        Some(ErrorKind::Expired)
    );
    for claim in ["nbf", "iat"] {
        assert_eq!(verdict(claim, "1800000000.5").await, None);
        assert_eq!(
            verdict(claim, "1800000000.75").await,
            Some(ErrorKind::NotYetValid)
        );
    }
}

#[tokio::test]
async fn a_token_that_was_good_expires_and_does_not_come_back_but_with_the_clock() {
    let clock = clock();
    let layer = builder()
        .clock(clock.clone())
        .leeway(Duration::ZERO)
        .build()
        .unwrap();
    let token = token().expires_in(Duration::from_secs(300)).sign();
    for (seconds, kind) in [
        (0, None),
        (299, None),
        (300, Some(ErrorKind::Expired)),
        (301, Some(ErrorKind::Expired)),
    ] {
        clock.set(at(NOW + seconds));
        assert_eq!(send(&layer, &token).await.kind(), kind, "{seconds}");
    }
    clock.set(at(NOW));
    send(&layer, &token).await.accepted();
    clock.set(at(NOW - 1));
    send(&layer, &token)
        .await
        .invalid_token(ErrorKind::NotYetValid);
}

#[tokio::test]
async fn a_token_that_was_too_early_becomes_valid() {
    let clock = clock();
    let layer = builder()
        .clock(clock.clone())
        .leeway(Duration::ZERO)
        .build()
        .unwrap();
    let token = token().claim("nbf", NOW + 10).sign();
    let answer = send(&layer, &token).await;
    answer.invalid_token(ErrorKind::NotYetValid);
    assert_eq!(answer.claim(), Some("nbf"));
    clock.advance(Duration::from_secs(10));
    send(&layer, &token).await.accepted();
}

#[tokio::test]
async fn expiry_is_required_and_the_other_times_are_not() {
    let answer = send(&layer(), &signed(payload(&[("exp", "")]))).await;
    answer.invalid_token(ErrorKind::MissingClaim);
    assert_eq!(answer.claim(), Some("exp"));
    send(&layer(), &signed(payload(&[("iat", ""), ("nbf", "")])))
        .await
        .accepted();
}

fn short_lived(life: u64) -> JwtAuthLayer {
    builder()
        .max_lifetime(Duration::from_secs(life))
        .leeway(Duration::ZERO)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_token_that_lives_too_long_can_be_rejected() {
    let token = |exp: u64| signed(payload(&[("exp", &exp.to_string())]));
    send(&short_lived(300), &token(NOW + 300)).await.accepted();
    let answer = send(&short_lived(300), &token(NOW + 301)).await;
    answer.invalid_token(ErrorKind::InvalidClaim);
    assert_eq!(answer.claim(), Some("exp"));
    // The year 9999, where nothing is set.
    send(&layer(), &token(253_402_300_799)).await.accepted();
}

// RFC 7519 §4.1.4: "usually no more than a few minutes".
#[test]
fn a_leeway_beyond_an_hour_is_a_configuration_error() {
    let _ = builder().leeway(Duration::from_secs(3600)).build().unwrap();
    for leeway in [Duration::from_secs(3601), Duration::MAX] {
        let error = builder().leeway(leeway).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    }
}
