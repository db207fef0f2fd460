//! Floods of tokens that name tenants: the number of caches is bounded, and those in use stay.

use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, Error, ErrorKind, Issuer, Tenants};

use crate::issuers::site::{AUDIENCE, Site, authenticator, cached, kind, rejection, token};
use crate::support::tokio;

const MAX: usize = 4;
const SECOND: Duration = Duration::from_secs(1);

fn of(tenant: &str) -> String {
    format!("https://login.example/{tenant}")
}

/// Returns an authenticator for any tenant, and the key of all tenants but those that are made up.
fn everybody(site: &Site) -> (Authenticator, TestKey) {
    let tenants = Tenants::allowed_by(|_| true)
        .max_cached_tenants(MAX)
        .idle_timeout(Duration::from_secs(60 * 60));
    let issuer = Issuer::discovery("https://login.example/{tenant}", AUDIENCE)
        .tenants(tenants)
        .http_client(site.client());
    (authenticator(issuer), TestKey::generate(Algorithm::ES256))
}

async fn verify(authenticator: &Authenticator, key: &TestKey, tenant: &str) -> Result<(), Error> {
    let token = token(key, &of(tenant)).sign();
    authenticator.authenticate(&token).await.map(drop)
}

async fn flood(authenticator: &Authenticator, key: &TestKey, names: std::ops::Range<usize>) {
    for number in names {
        let made_up = verify(authenticator, key, &format!("made-up-{number}")).await;
        assert_eq!(made_up.unwrap_err().kind(), ErrorKind::KeysUnavailable);
    }
}

#[tokio::test(start_paused = true)]
async fn made_up_tenants_take_half_of_the_places_for_a_minute() {
    let site = Site::default();
    let (authenticator, key) = everybody(&site);
    flood(&authenticator, &key, 0..1000).await;
    // Whoever can send a token could otherwise make the service look unhealthy.
    assert!(
        cached(&authenticator).is_empty(),
        "health shows none that may be made up"
    );
    // Metadata is looked for at three URLs for each of the two.
    assert_eq!(site.fetched().len(), 6);

    sleep(5 * SECOND).await;
    let error = verify(&authenticator, &key, "another").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    let retry_after = error.retry_after().unwrap();
    assert!(
        (30 * SECOND..=60 * SECOND).contains(&retry_after),
        "{retry_after:?}"
    );

    sleep(retry_after + SECOND).await;
    site.issuer(&of("another"), &key);
    assert!(verify(&authenticator, &key, "another").await.is_ok());
    sleep(60 * SECOND).await;
    assert_eq!(cached(&authenticator), [of("another")]);
}

#[tokio::test(start_paused = true)]
async fn made_up_tenants_have_no_background_task() {
    let site = Site::default();
    let (authenticator, key) = everybody(&site);
    flood(&authenticator, &key, 0..2).await;
    let fetches = site.fetched().len();
    sleep(30 * SECOND).await;
    assert_eq!(site.fetched().len(), fetches);
}

#[tokio::test(start_paused = true)]
async fn a_flood_does_not_displace_tenants_in_use() {
    let site = Site::default();
    let (authenticator, key) = everybody(&site);
    for tenant in ["one", "two"] {
        site.issuer(&of(tenant), &key);
        assert!(verify(&authenticator, &key, tenant).await.is_ok());
    }
    for minute in 0..10 {
        flood(&authenticator, &key, minute * 100..minute * 100 + 100).await;
        let cached = cached(&authenticator);
        assert_eq!(cached, [of("one"), of("two")]);
        sleep(61 * SECOND).await;
    }
    let fetches = |tenant: &str| {
        let metadata = format!("{}/.well-known/openid-configuration", of(tenant));
        site.fetched()
            .iter()
            .filter(|url| **url == metadata)
            .count()
    };
    for tenant in ["one", "two"] {
        assert!(verify(&authenticator, &key, tenant).await.is_ok());
        assert!(fetches(tenant) <= 2, "the first fetch and a refresh");
    }
}

#[tokio::test(start_paused = true)]
async fn where_all_places_are_in_use_the_longest_unused_tenant_makes_room() {
    let site = Site::default();
    let (authenticator, key) = everybody(&site);
    for tenant in ["one", "two", "three", "four", "five", "six"] {
        site.issuer(&of(tenant), &key);
    }
    for tenant in ["one", "two", "three", "four"] {
        assert!(verify(&authenticator, &key, tenant).await.is_ok());
        sleep(SECOND).await;
    }
    let full = verify(&authenticator, &key, "five").await.unwrap_err();
    assert_eq!(
        full.kind(),
        ErrorKind::KeysUnavailable,
        "all were used within a minute"
    );
    sleep(58 * SECOND).await;
    assert!(verify(&authenticator, &key, "one").await.is_ok());
    sleep(5 * SECOND).await;
    assert!(verify(&authenticator, &key, "five").await.is_ok());
    assert!(!cached(&authenticator).contains(&of("two")));
    assert!(cached(&authenticator).contains(&of("one")));
    assert_eq!(cached(&authenticator).len(), MAX);
    // It comes back, in place of the next one.
    assert!(verify(&authenticator, &key, "two").await.is_ok());
    assert!(!cached(&authenticator).contains(&of("three")));
}

#[tokio::test(start_paused = true)]
async fn concurrent_new_tenants_do_not_exceed_the_bound() {
    let site = Site::default();
    let (authenticator, key) = everybody(&site);
    let tokens: Vec<_> = (0..100)
        .map(|number| token(&key, &of(&format!("t{number}"))).sign())
        .collect();
    let requests = tokens.iter().map(|token| authenticator.authenticate(token));
    for outcome in futures::future::join_all(requests).await {
        assert_eq!(kind(outcome), Some(ErrorKind::KeysUnavailable));
    }
    // Metadata is looked for at three URLs.
    assert_eq!(site.fetched().len(), MAX / 2 * 3);
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_made_up_tenant_are_looked_for_twice_in_a_minute() {
    let site = Site::default();
    let (authenticator, key) = everybody(&site);
    for _ in 0..10 {
        flood(&authenticator, &key, 0..1).await;
        sleep(5 * SECOND).await;
    }
    // Each time at three URLs.
    assert_eq!(site.fetched().len(), 6);
    // Then it may turn out to be real.
    sleep(60 * SECOND).await;
    site.issuer(&of("made-up-0"), &key);
    assert!(verify(&authenticator, &key, "made-up-0").await.is_ok());
}

// After a start, all tenants arrive at once.
#[tokio::test(start_paused = true)]
async fn where_tenants_turn_out_to_be_real_there_is_room_for_others_at_once() {
    let site = Site::default();
    let (authenticator, key) = everybody(&site);
    for tenant in ["one", "two", "three"] {
        site.issuer(&of(tenant), &key);
    }
    site.delay(SECOND / 10);
    let tokens = ["one", "two", "three"].map(|tenant| token(&key, &of(tenant)).sign());
    let requests = tokens.iter().map(|token| authenticator.authenticate(token));
    let outcomes = futures::future::join_all(requests).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(kind).collect();
    assert_eq!(outcomes, [None, None, Some(ErrorKind::KeysUnavailable)]);
    sleep(SECOND).await;
    assert_eq!(rejection(&authenticator, &tokens[2]).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_tenants_that_are_not_allowed_leaves_nothing() {
    let (site, key) = (Site::default(), TestKey::generate(Algorithm::ES256));
    let issuer = Issuer::discovery("https://login.example/{tenant}", AUDIENCE)
        .tenants(Tenants::only(["one"]))
        .http_client(site.client());
    let authenticator = authenticator(issuer);
    for number in 0..1000 {
        let token = token(&key, &of(&format!("made-up-{number}"))).sign();
        assert_eq!(
            rejection(&authenticator, &token).await,
            Some(ErrorKind::UnknownIssuer)
        );
    }
    assert!(site.fetched().is_empty() && cached(&authenticator).is_empty());
}
