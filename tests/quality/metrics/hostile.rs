//! Requests that try to make series.

use std::collections::BTreeSet;

use http::Request;
use tower_jwt_auth::metrics::{Metrics, names};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Dpop, Issuer, JwtAuthLayer, Tenants, TokenCacheSettings};

use crate::scenario::authenticate;
use crate::series::{recorded, values_of};
use crate::support::{AUDIENCE, ISSUER, bearer, clock, default_key, issuer, key_set, request};

const PATTERN: &str = "https://login.example/{tenant}";

/// Returns a request that differs from all others wherever a client can choose something.
fn hostile(number: usize, forger: &TestKey) -> Request<()> {
    let made_up = format!("made-up-{number}");
    let key = if number.is_multiple_of(2) {
        forger
    } else {
        default_key()
    };
    let token = key.token().clock(&clock()).subject(&made_up);
    let token = match number % 7 {
        0 => token.issuer(format!("https://{made_up}.example")),
        1 => token.issuer(format!("https://login.example/{made_up}")),
        2 => token.issuer(ISSUER).audience(&made_up),
        3 => token.issuer(ISSUER).header("kid", &made_up),
        4 => token.issuer(ISSUER).header("alg", &made_up),
        5 => token.issuer(ISSUER).claim(&*made_up, &made_up),
        _ => token.issuer(ISSUER).header("typ", &made_up),
    };
    let token = token.sign();
    match number % 5 {
        0 => request(&[("authorization", &format!("{made_up} {token}"))]),
        1 => request(&[
            ("authorization", &format!("DPoP {token}")),
            ("dpop", &made_up),
        ]),
        2 => bearer(&made_up),
        _ => bearer(&token),
    }
}

#[test]
fn ten_thousand_hostile_requests_make_no_more_series_than_the_labels_allow() {
    let tenants = Issuer::from_keys(PATTERN, key_set([default_key()]), AUDIENCE);
    let tenants = tenants.tenants(Tenants::allowed_by(|_| true));
    let metrics = Metrics::new();
    let authenticator = JwtAuthLayer::builder(issuer())
        .add_issuer(tenants)
        .clock(clock())
        .dpop(Dpop::optional())
        .token_cache(TokenCacheSettings::default())
        .add_observer(metrics.clone())
        .build_authenticator()
        .unwrap();
    let forger = TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    let all = recorded(async {
        for number in 0..10_000 {
            authenticate(&authenticator, &hostile(number, &forger)).await;
        }
        metrics.record_health(&authenticator);
    });
    let configured: BTreeSet<_> = ["", ISSUER, PATTERN].map(ToOwned::to_owned).into();
    let requests: f64 = all
        .iter()
        .filter(|one| one.name == names::REQUESTS)
        .map(|one| one.value)
        .sum();
    assert_eq!(requests, 10_000.0);
    assert_eq!(values_of(&all, names::REQUESTS, "issuer"), configured);
    let reasons = values_of(&all, names::REQUESTS, "reason");
    assert!((5..=30).contains(&reasons.len()), "{reasons:?}");
    for series in &all {
        for (label, value) in &series.labels {
            assert!(!value.contains("made-up"), "{series:?}");
            assert!(
                label != "issuer" || configured.contains(value),
                "{series:?}"
            );
        }
    }
    assert!(all.len() < 100, "{} series", all.len());
}
