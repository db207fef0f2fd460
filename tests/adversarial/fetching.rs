//! Key fetching: every fault of an issuer whose keys are fetched. Without fresh keys, a token that
//! may be valid gets 503 and not 401. Cached keys stay in use.

use futures::future::join_all;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{Fault, TestIssuer, TestKey};

use crate::attack::{Attack, KEY_UNKNOWN, token};
use crate::pieces::Pieces;
use crate::run::{Answer, GRPC, REACHED, ask, ask_grpc, every_way};
use crate::site::{AUDIENCE, Site};
use crate::support::faults::{lesser_faults, outages};
use crate::support::tokio;
use crate::watch::Log;

type Set = fn(&TestIssuer, Option<Fault>);

/// The documents that can be at fault. The metadata are cached, so a fault of theirs matters only
/// before the first keys are fetched.
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

/// Returns a token signed by a key that the issuer does not publish.
fn unknown_key_token(site: &Site, key_id: &str) -> String {
    let key = TestKey::generate(Algorithm::ES256).with_key_id(key_id);
    site.fetched_token().key(&key).sign()
}

/// Asserts that both answers have a `Retry-After` and no challenge, which would make the client
/// request another token.
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

/// Asserts that the token is rejected with 503, over HTTP and gRPC, with and without the token
/// cache.
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
async fn without_cached_keys_every_outage_is_answered_with_503_and_as_unavailable() {
    let (log, trap) = (Log::take().await, Site::new().await);
    for fault in outages(trap.trap_url(), 30) {
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
    trap.assert_trap_was_not_reached();
}

/// An unknown key id gets 401, not 503: otherwise any client could make the service look
/// unavailable.
#[tokio::test]
async fn cached_keys_are_used_through_every_outage() {
    let trap = Site::new().await;
    for fault in outages(trap.trap_url(), 30)
        .into_iter()
        .map(Some)
        .chain([None])
    {
        let (site, what) = (
            Site::impatient().await,
            fault
                .as_ref()
                .map_or("down".to_owned(), |fault| format!("{fault:?}")),
        );
        served(&site, &Log::take().await, &what).await;
        match fault {
            Some(fault) => site.fetched.set_fault(Some(fault)),
            None => site.fetched.stop().await,
        }
        let unknown = unknown_key_token(&site, "telltale-key");
        every_way([token(&what, unknown, KEY_UNKNOWN)], &site).await;
        served(&site, &Log::take().await, &what).await;
    }
    trap.assert_trap_was_not_reached();
}

#[tokio::test]
async fn valid_keys_are_used_despite_a_lesser_fault_and_unknown_ones_are_rejected() {
    for fault in lesser_faults() {
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

/// Random key ids must not make the client send a fetch for each token.
#[tokio::test]
async fn a_flood_of_unknown_key_ids_is_rejected_with_a_few_fetches() {
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
    // Each of the two layers sends its first fetch and two for unknown key ids. On a slow machine,
    // the window of the refetch limit may pass once.
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
    let tried = outages(AUDIENCE, 30)
        .into_iter()
        .chain(lesser_faults())
        .map(|fault| name(&format!("{fault:?}")));
    let (tried, count) = (tried.collect::<Vec<_>>(), variants.clone().count());
    assert!(count >= 15, "{count}");
    assert!(
        variants.map(name).all(|variant| tried.contains(&variant)),
        "{tried:?}"
    );
}
