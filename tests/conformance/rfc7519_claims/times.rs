//! Requirement 17: `exp`, `nbf` and `iat` against the clock (RFC 7519 §4.1.4 to §4.1.6).

use std::time::Duration;

use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{NOW, at, builder, clock, layer, payload, send, signed, token};

/// Returns the error of a layer with this leeway for a token with these claims, in JSON.
async fn outcome(leeway: u64, claims: &[(&str, &str)]) -> Option<ErrorKind> {
    let layer = builder()
        .leeway(Duration::from_secs(leeway))
        .build()
        .unwrap();
    send(&layer, &signed(payload(claims))).await.kind()
}

async fn outcome_of(leeway: u64, claim: &str, time: u64) -> Option<ErrorKind> {
    outcome(leeway, &[(claim, &time.to_string())]).await
}

#[tokio::test]
async fn a_token_expires_exactly_at_exp_plus_the_leeway() {
    for leeway in [0, 1, 60, 3600] {
        assert_eq!(
            outcome_of(leeway, "exp", NOW + 1 - leeway).await,
            None,
            "{leeway}"
        );
        assert_eq!(
            outcome_of(leeway, "exp", NOW - leeway).await,
            Some(ErrorKind::Expired),
            "{leeway}"
        );
        assert_eq!(
            outcome_of(leeway, "exp", NOW - 1 - leeway).await,
            Some(ErrorKind::Expired),
            "{leeway}"
        );
    }
}

#[tokio::test]
async fn a_token_is_valid_from_nbf_and_iat_minus_the_leeway() {
    for claim in ["nbf", "iat"] {
        for leeway in [0, 1, 60, 3600] {
            assert_eq!(
                outcome_of(leeway, claim, NOW - 1).await,
                None,
                "{claim} {leeway}"
            );
            assert_eq!(
                outcome_of(leeway, claim, NOW + leeway).await,
                None,
                "{claim} {leeway}"
            );
            let beyond = outcome(
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
    let outcome =
        async |claims: &[(&str, &str)]| send(&layer(), &signed(payload(claims))).await.kind();
    let text = |time: u64| time.to_string();
    assert_eq!(outcome(&[("exp", &text(NOW - 59))]).await, None);
    assert_eq!(
        outcome(&[("exp", &text(NOW - 60))]).await,
        Some(ErrorKind::Expired)
    );
    for claim in ["nbf", "iat"] {
        assert_eq!(outcome(&[(claim, &text(NOW + 60))]).await, None);
        assert_eq!(
            outcome(&[(claim, &text(NOW + 61))]).await,
            Some(ErrorKind::NotYetValid)
        );
    }
}

#[tokio::test]
async fn fractions_of_a_second_count() {
    let clock = TestClock::new(at(NOW) + Duration::from_millis(500));
    let layer = builder()
        .clock(clock)
        .leeway(Duration::ZERO)
        .build()
        .unwrap();
    let outcome = async |claim: &str, time: &str| {
        send(&layer, &signed(payload(&[(claim, time)])))
            .await
            .kind()
    };
    assert_eq!(outcome("exp", "1800000000.75").await, None);
    assert_eq!(
        outcome("exp", "1800000000.5").await,
        Some(ErrorKind::Expired)
    );
    assert_eq!(
        outcome("exp", "1800000000.25").await,
        Some(ErrorKind::Expired)
    );
    for claim in ["nbf", "iat"] {
        assert_eq!(outcome(claim, "1800000000.5").await, None);
        assert_eq!(
            outcome(claim, "1800000000.75").await,
            Some(ErrorKind::NotYetValid)
        );
    }
}

#[tokio::test]
async fn an_expired_token_is_valid_again_only_if_the_clock_is_set_back() {
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
async fn a_token_becomes_valid_at_nbf() {
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
async fn exp_is_required_and_nbf_and_iat_are_not() {
    let answer = send(&layer(), &signed(payload(&[("exp", "")]))).await;
    answer.invalid_token(ErrorKind::MissingClaim);
    assert_eq!(answer.claim(), Some("exp"));
    send(&layer(), &signed(payload(&[("iat", ""), ("nbf", "")])))
        .await
        .accepted();
}

fn max_lifetime(seconds: u64) -> JwtAuthLayer {
    builder()
        .max_lifetime(Duration::from_secs(seconds))
        .leeway(Duration::ZERO)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_token_beyond_the_maximum_lifetime_is_rejected() {
    let token = |iat: u64, exp: u64| {
        signed(payload(&[
            ("iat", &iat.to_string()),
            ("exp", &exp.to_string()),
        ]))
    };
    for (iat, exp) in [(NOW, NOW + 300), (NOW - 299, NOW + 1)] {
        send(&max_lifetime(300), &token(iat, exp)).await.accepted();
    }
    // Counted from `iat`: one that was issued ten years ago lives too long, however soon it ends.
    for (iat, exp) in [(NOW, NOW + 301), (NOW - 300, NOW + 1), (0, NOW + 1)] {
        let answer = send(&max_lifetime(300), &token(iat, exp)).await;
        answer.invalid_token(ErrorKind::InvalidClaim);
        assert_eq!(answer.claim(), Some("exp"));
    }
    // By default, up to the year 9999.
    send(&layer(), &token(NOW, 253_402_300_799))
        .await
        .accepted();
}

#[tokio::test]
async fn a_token_without_iat_is_rejected_if_there_is_a_maximum_lifetime() {
    let token = signed(payload(&[("iat", ""), ("exp", &(NOW + 1).to_string())]));
    let answer = send(&max_lifetime(300), &token).await;
    answer.invalid_token(ErrorKind::MissingClaim);
    assert_eq!(answer.claim(), Some("iat"));
    send(&layer(), &token).await.accepted();
}

// RFC 7519 §4.1.4: "usually no more than a few minutes".
#[test]
fn a_leeway_of_more_than_an_hour_is_a_configuration_error() {
    let _ = builder().leeway(Duration::from_secs(3600)).build().unwrap();
    for leeway in [Duration::from_secs(3601), Duration::MAX] {
        let error = builder().leeway(leeway).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    }
}
