//! The time since the authentication (RFC 9470 §3, OpenID Connect Core §2).

use std::time::Duration;

use tower_jwt_auth::{ErrorKind, JwtAuthLayer, Rule};

use super::{requiring, stepping_up};
use crate::support::{NOW, at, block_on, builder, clock, payload, send, signed, token};

/// The default leeway is 60 s.
fn within(seconds: u64) -> JwtAuthLayer {
    requiring(Rule::max_age(Duration::from_secs(seconds)).unwrap())
}

fn authenticated_at(time: u64) -> String {
    token().claim("auth_time", time).sign()
}

// 16
#[test]
fn c16_a_recent_authentication_is_accepted_with_the_leeway_added() {
    let layer = within(300);
    for age in [0, 1, 300, 301, 360] {
        block_on(send(&layer, &authenticated_at(NOW - age)))
            .named(age)
            .accepted();
    }
    for age in [361, 3600, NOW] {
        let answer = stepping_up(&layer, &authenticated_at(NOW - age));
        assert_eq!(answer.attribute("max_age"), Some("300"), "{age}");
        assert_eq!(answer.attribute("acr_values"), None, "{age}");
    }
}

// 16
#[test]
fn c16_a_fraction_of_a_second_counts() {
    let layer = within(300);
    let at = |time: &str| signed(payload(&[("auth_time", time)]));
    block_on(send(&layer, &at(&format!("{}.0", NOW - 360)))).accepted();
    stepping_up(&layer, &at(&format!("{}.5", NOW - 361)));
    block_on(send(&layer, &at(&format!("{}.5", NOW - 360)))).accepted();
}

// 16
#[test]
fn c16_a_token_without_auth_time_is_not_accepted() {
    for seconds in [0, 300, u64::from(u32::MAX)] {
        let answer = stepping_up(&within(seconds), &token().sign());
        assert_eq!(
            answer.attribute("max_age"),
            Some(seconds.to_string().as_str())
        );
    }
}

// 16
#[test]
fn c16_an_auth_time_of_another_type_is_invalid_token() {
    for auth_time in [
        "\"1800000000\"",
        "null",
        "[1800000000]",
        "{}",
        "true",
        "-1",
        "1e12",
    ] {
        let token = signed(payload(&[("auth_time", auth_time)]));
        let answer = block_on(send(&within(300), &token)).named(auth_time);
        answer.rejected(401, Some("invalid_token"), ErrorKind::InvalidClaim);
        assert_eq!(answer.attribute("max_age"), None, "{auth_time}");
    }
}

/// Its age would never pass the limit.
#[test]
fn an_authentication_in_the_future_is_not_accepted_beyond_the_leeway() {
    let layer = within(300);
    block_on(send(&layer, &authenticated_at(NOW + 60))).accepted();
    for ahead in [61, 3600, 1_000_000_000] {
        stepping_up(&layer, &authenticated_at(NOW + ahead));
    }
}

#[test]
fn with_another_leeway_the_limit_moves_with_it() {
    let rule = Rule::max_age(Duration::from_secs(300)).unwrap();
    let layer = builder()
        .leeway(Duration::ZERO)
        .check(rule)
        .build()
        .unwrap();
    block_on(send(&layer, &authenticated_at(NOW - 300))).accepted();
    stepping_up(&layer, &authenticated_at(NOW - 301));
    stepping_up(&layer, &authenticated_at(NOW + 1));
}

#[test]
fn a_cached_token_is_rejected_once_the_authentication_is_too_old() {
    let clock = clock();
    let rule = Rule::max_age(Duration::from_secs(30)).unwrap();
    let layer = builder()
        .clock(clock.clone())
        .token_cache(tower_jwt_auth::TokenCacheSettings::default());
    let layer = layer.check(rule).build().unwrap();
    let token = authenticated_at(NOW);
    for age in [0, 30, 90] {
        clock.set(at(NOW + age));
        block_on(crate::support::ask(&layer, crate::support::bearer(&token)))
            .named(age)
            .accepted();
    }
    clock.set(at(NOW + 91));
    let answer = block_on(crate::support::ask(&layer, crate::support::bearer(&token)));
    assert_eq!(
        answer.kind(),
        Some(ErrorKind::InsufficientUserAuthentication)
    );
}
