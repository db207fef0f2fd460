//! Key fetching: everything that an issuer can do to a client that fetches its keys. A token that could be good
//! is rejected by no fault of its own, and keys that were available before serve on.

use std::time::Duration;

use futures::future::join_all;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{Fault, TestIssuer, TestKey};

use crate::attack::{Attack, KEY_UNKNOWN, token};
use crate::pieces::Pieces;
use crate::run::{Answer, GRPC, REACHED, ask, ask_grpc, every_way};
use crate::site::{AUDIENCE, Site};
use crate::watch::Log;

/// Those that leave no one a key.
fn outages(redirect: String) -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::Status(404),
        Fault::Status(204),
        Fault::Hang,
        Fault::Reset,
        Fault::Truncated,
        Fault::Garbage,
        Fault::Html,
        Fault::Empty,
        Fault::NoKeys,
        Fault::Huge,
        Fault::Endless,
        Fault::Drip,
        Fault::Redirect(redirect),
        Fault::RetryAfter {
            status: 429,
            seconds: 30,
        },
        Fault::RetryAfter {
            status: 503,
            seconds: 30,
        },
    ]
}

/// Those behind which there are valid keys nevertheless.
fn nuisances() -> Vec<Fault> {
    vec![Fault::HalfBad, Fault::Delay(Duration::from_millis(50))]
}

type Set = fn(&TestIssuer, Option<Fault>);

/// The documents that can be at fault. The metadata are read once, so they matter to who has no
/// keys yet.
const DOCUMENTS: [(&str, Set); 2] = [
    ("keys", |issuer, fault| issuer.set_fault(fault)),
    ("metadata", |issuer, fault| issuer.set_metadata_fault(fault)),
];

fn bearer(token: &str) -> Vec<(HeaderName, HeaderValue)> {
    vec![(
        AUTHORIZATION,
        HeaderValue::try_from(format!("Bearer {token}")).unwrap(),
    )]
}

/// Signed by no one that the issuer knows.
fn unknown_key_token(site: &Site, key_id: &str) -> String {
    let key = TestKey::generate(Algorithm::ES256).with_key_id(key_id);
    site.fetched_token().key(&key).sign()
}

/// No challenge, which would tell the caller to get another token; when to come back stands in
/// both.
fn expect_unavailable(http: &Answer, grpc: &Answer, what: &str) {
    for (answer, grpc) in [(http, false), (grpc, true)] {
        let wait = answer
            .headers
            .get(RETRY_AFTER)
            .expect("Retry-After")
            .to_str()
            .unwrap();
        assert!((1..=30).contains(&wait.parse().unwrap()), "{what}: {wait}");
        let headers = [
            (RETRY_AFTER.as_str(), wait),
            (CONTENT_TYPE.as_str(), GRPC),
            ("grpc-status", "14"),
            (
                "grpc-message",
                "the issuer's keys are temporarily unavailable",
            ),
        ];
        answer.expect(
            if grpc { 200 } else { 503 },
            &headers[..if grpc { 4 } else { 1 }],
            what,
        );
    }
}

/// Asked in HTTP and in gRPC, without and with cached tokens.
async fn rejected(site: &Site, token: &str, log: &Log, what: &str) {
    let headers = bearer(token);
    let pieces = Pieces::of(&headers, site);
    log.clear();
    let ask = |layer| {
        let headers = headers.clone();
        async move {
            (
                ask(layer, headers.clone()).await,
                ask_grpc(layer, headers).await,
            )
        }
    };
    for (http, grpc) in join_all([&site.plain, &site.caching].map(ask)).await {
        expect_unavailable(&http, &grpc, what);
        http.hides(&pieces, what);
        grpc.hides(&pieces, what);
    }
    log.tells_of_rejections(4, what);
    log.tells_of("fetching keys failed", what);
    log.hides(&pieces, what);
}

async fn served(site: &Site, log: &Log, what: &str) {
    let headers = bearer(&site.fetched_token().sign());
    log.clear();
    for layer in [&site.plain, &site.caching] {
        assert_eq!(ask(layer, headers.clone()).await.status, REACHED, "{what}");
        assert_eq!(
            ask_grpc(layer, headers.clone()).await.status,
            REACHED,
            "{what}"
        );
    }
    log.hides(&Pieces::of(&headers, site), what);
}

#[tokio::test]
async fn without_keys_every_outage_is_answered_with_503_and_as_unavailable() {
    let (log, trap) = (Log::take().await, Site::new().await);
    for fault in outages(trap.trap_url()) {
        for (document, set) in DOCUMENTS {
            let (site, what) = (
                Site::impatient().await,
                format!("{fault:?} of the {document}"),
            );
            set(&site.fetched, Some(fault.clone()));
            rejected(&site, &site.fetched_token().sign(), &log, &what).await;
        }
    }
    let site = Site::impatient().await;
    site.fetched.stop().await;
    rejected(&site, &site.fetched_token().sign(), &log, "down").await;
    trap.assert_nothing_fell_into_the_trap();
}

// Whether there is such a key it is unknown while the issuer fails.
#[tokio::test]
async fn keys_that_were_there_before_serve_through_every_outage() {
    let (log, trap) = (Log::take().await, Site::new().await);
    for fault in outages(trap.trap_url()).into_iter().map(Some).chain([None]) {
        let (site, what) = (
            Site::impatient().await,
            format!("{fault:?}, None being down"),
        );
        served(&site, &log, &what).await;
        match fault {
            Some(fault) => site.fetched.set_fault(Some(fault)),
            None => site.fetched.stop().await,
        }
        rejected(
            &site,
            &unknown_key_token(&site, "telltale-key"),
            &log,
            &what,
        )
        .await;
        served(&site, &log, &what).await;
    }
    trap.assert_nothing_fell_into_the_trap();
}

#[tokio::test]
async fn valid_keys_behind_a_nuisance_serve_and_unknown_ones_are_rejected_as_such() {
    for fault in nuisances() {
        let (site, what) = (Site::new().await, format!("{fault:?}"));
        site.fetched.set_fault(Some(fault));
        served(&site, &Log::take().await, &what).await;
        every_way(
            [token(
                &what,
                unknown_key_token(&site, "telltale-key"),
                KEY_UNKNOWN,
            )],
            &site,
        )
        .await;
    }
}

/// A fetch for each would be what the attacker wants.
#[tokio::test]
async fn a_flood_of_unknown_key_ids_is_rejected_one_by_one_for_a_few_fetches() {
    let site = Site::new().await;
    let flood = (0..100).map(|n| format!("telltale-{n}-{}", n * 7919));
    let flood = flood.map(|id| {
        token(
            format!("kid {id}"),
            unknown_key_token(&site, &id),
            KEY_UNKNOWN,
        )
    });
    every_way(flood.collect::<Vec<Attack>>(), &site).await;
    // For each of the two layers the first fetch, two for unknown key ids, and what a slow machine
    // may add in its time.
    assert!(
        (4..=8).contains(&site.fetched.jwks_fetches()),
        "{} fetches",
        site.fetched.jwks_fetches()
    );
}

#[test]
fn every_fault_of_the_test_kit_is_tried() {
    let source = include_str!("../../src/testing/fault.rs");
    let (_, body) = source.split_once("pub enum Fault {\n").unwrap();
    let lines = body
        .split("\n}")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("    "));
    let variants = lines.filter(|line| line.starts_with(char::is_uppercase));
    let name = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap()
            .to_owned()
    };
    let tried = outages(AUDIENCE.to_owned())
        .into_iter()
        .chain(nuisances())
        .map(|fault| name(&format!("{fault:?}")));
    let (tried, count) = (tried.collect::<Vec<_>>(), variants.clone().count());
    assert!(count >= 15, "{count}");
    assert!(
        variants.map(name).all(|variant| tried.contains(&variant)),
        "{tried:?}"
    );
}
