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

#[test]
fn issuers_beyond_the_maximum_share_a_series() {
    let names: Vec<_> = (0..20)
        .map(|number| format!("https://{number}.example"))
        .collect();
    let of = |name: &String| Issuer::from_keys(name, key_set([default_key()]), AUDIENCE);
    let metrics = Metrics::new().max_issuers(5);
    let builder = names
        .iter()
        .skip(1)
        .fold(JwtAuthLayer::builder(of(&names[0])), |builder, name| {
            builder.add_issuer(of(name))
        });
    let builder = builder.clock(clock()).add_observer(metrics.clone());
    let layer = builder.build().unwrap();
    let all = recorded(async {
        for name in &names {
            let token = default_key().token().clock(&clock()).issuer(name);
            let token = token.audience(AUDIENCE).expired().sign();
            authenticate(layer.authenticator(), &bearer(&token)).await;
        }
        metrics.record_health(layer.authenticator());
        // One that shares the label is removed, and the others go on.
        assert!(layer.issuers().remove(&names[19]));
    });
    let issuers = values_of(&all, names::REQUESTS, "issuer");
    let expected: Vec<_> = names.iter().take(5).map(String::as_str).collect();
    let expected: BTreeSet<_> = expected.into_iter().chain(["other"]).collect();
    assert_eq!(
        issuers,
        expected.iter().map(|name| (*name).to_owned()).collect()
    );
    let of_others = |name| {
        all.iter().filter(move |one| {
            one.name == name && one.labels.get("issuer").is_some_and(|own| own == "other")
        })
    };
    let total = |name| of_others(name).map(|one| one.value).sum::<f64>();
    assert_eq!((total(names::REQUESTS), total(names::KEYS)), (15.0, 15.0));
}
