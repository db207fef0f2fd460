//! Keys by tenant, as Keycloak has a realm for each: metadata and keys below each tenant's name.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer, Tenants, TokenCacheSettings};

use crate::issuers::site::{AUDIENCE, Site, authenticator, cached, jwks, kind, rejection, token};
use crate::support::tokio;

const PATTERN: &str = "https://login.example/realms/{realm}";

fn of(realm: &str) -> String {
    format!("https://login.example/realms/{realm}")
}

fn realms(site: &Site, tenants: Tenants) -> Issuer {
    Issuer::discovery(PATTERN, AUDIENCE)
        .tenants(tenants)
        .http_client(site.client())
}

fn key() -> TestKey {
    TestKey::generate(Algorithm::ES256)
}

#[tokio::test(start_paused = true)]
async fn each_tenant_has_its_own_keys() {
    let (site, one, two) = (Site::default(), key(), key());
    site.issuer(&of("one"), &one);
    site.issuer(&of("two"), &two);
    let authenticator = authenticator(realms(&site, Tenants::only(["one", "two"])));
    assert!(cached(&authenticator).is_empty());
    let verify = |key: &TestKey, realm: &str| {
        let (authenticator, token) = (authenticator.clone(), token(key, &of(realm)).sign());
        async move { rejection(&authenticator, &token).await }
    };
    assert_eq!(verify(&one, "one").await, None);
    assert_eq!(verify(&two, "two").await, None);
    assert_eq!(verify(&one, "two").await, Some(ErrorKind::UnknownKey));
    assert_eq!(verify(&two, "one").await, Some(ErrorKind::UnknownKey));
    assert_eq!(cached(&authenticator), [of("one"), of("two")]);
}

#[tokio::test(start_paused = true)]
async fn the_placeholder_of_a_jwks_uri_is_replaced() {
    let (site, key) = (Site::default(), key());
    let keys = |realm: &str| format!("https://keys.example/{realm}/certs");
    site.page(keys("one"), &jwks([key.jwk()]));
    let issuer = Issuer::jwks(PATTERN, keys("{realm}"), AUDIENCE)
        .tenants(Tenants::only(["one", "two"]))
        .http_client(site.client());
    let authenticator = authenticator(issuer);
    assert_eq!(
        rejection(&authenticator, &token(&key, &of("one")).sign()).await,
        None
    );
    assert_eq!(
        rejection(&authenticator, &token(&key, &of("two")).sign()).await,
        Some(ErrorKind::KeysUnavailable)
    );
    assert_eq!(site.fetched(), [keys("one"), keys("two")]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_tokens_of_a_new_tenant_share_one_fetch() {
    let (site, key) = (Site::default(), key());
    site.issuer(&of("one"), &key);
    site.delay(Duration::from_millis(100));
    let authenticator = authenticator(realms(&site, Tenants::only(["one"])));
    let token = token(&key, &of("one")).sign();
    let requests = (0..100).map(|_| authenticator.authenticate(&token));
    for outcome in futures::future::join_all(requests).await {
        assert_eq!(kind(outcome), None);
    }
    assert_eq!(site.fetched().len(), 2, "metadata and keys");
}

#[tokio::test(start_paused = true)]
async fn only_a_plausible_token_of_an_allowed_tenant_causes_a_fetch() {
    let (site, key) = (Site::default(), key());
    site.issuer(&of("one"), &key);
    let authenticator = authenticator(realms(&site, Tenants::only(["one"])));
    let token = || token(&key, &of("one"));
    let malformed = format!("{}!", token().sign());
    let (symmetric, two) = (TestKey::generate(Algorithm::HS256), of("two"));
    for (token, expected) in [
        (token().expired().sign(), ErrorKind::Expired),
        (malformed, ErrorKind::MalformedToken),
        (
            token().key(&symmetric).sign(),
            ErrorKind::AlgorithmNotAllowed,
        ),
        (token().issuer(&two).sign(), ErrorKind::UnknownIssuer),
    ] {
        assert_eq!(rejection(&authenticator, &token).await, Some(expected));
    }
    assert!(site.fetched().is_empty());
    assert!(cached(&authenticator).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_no_longer_used_ends_and_comes_back() {
    let (site, key) = (Site::default(), key());
    site.issuer(&of("one"), &key);
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let tenants = Tenants::only(["one"]).idle_timeout(minutes(30));
    let authenticator = authenticator(realms(&site, tenants));
    let token = token(&key, &of("one")).sign();
    assert_eq!(rejection(&authenticator, &token).await, None);
    sleep(minutes(29)).await;
    assert_eq!(rejection(&authenticator, &token).await, None);
    sleep(minutes(29)).await;
    assert_eq!(cached(&authenticator), [of("one")]);
    sleep(minutes(2)).await;
    assert!(cached(&authenticator).is_empty());

    let fetches = site.fetched().len();
    sleep(minutes(3 * 60)).await;
    assert_eq!(
        site.fetched().len(),
        fetches,
        "its background task has ended"
    );
    assert_eq!(rejection(&authenticator, &token).await, None);
    assert_eq!(cached(&authenticator), [of("one")]);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_in_use_is_refreshed_in_the_background() {
    let (site, key) = (Site::default(), key());
    site.issuer(&of("one"), &key);
    let authenticator = authenticator(realms(&site, Tenants::only(["one"])));
    assert_eq!(
        rejection(&authenticator, &token(&key, &of("one")).sign()).await,
        None
    );
    let fetches = site.fetched().len();
    sleep(Duration::from_secs(20 * 60)).await;
    assert!(site.fetched().len() > fetches);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_authenticator_ends_the_tasks() {
    let (site, key) = (Site::default(), key());
    site.issuer(&of("one"), &key);
    let authenticator = authenticator(realms(&site, Tenants::only(["one"])));
    assert_eq!(
        rejection(&authenticator, &token(&key, &of("one")).sign()).await,
        None
    );
    drop(authenticator);
    sleep(Duration::from_secs(1)).await;
    let metrics = ::tokio::runtime::Handle::current().metrics();
    assert_eq!(metrics.num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cached_token_is_rejected_when_its_tenant_is_no_longer_allowed() {
    let (site, key) = (Site::default(), key());
    site.issuer(&of("one"), &key);
    let is_allowed = Arc::new(AtomicBool::new(true));
    let allowed = Arc::clone(&is_allowed);
    let tenants = Tenants::allowed_by(move |_| allowed.load(Ordering::SeqCst));
    let authenticator = Authenticator::builder(realms(&site, tenants))
        .token_cache(TokenCacheSettings::default())
        .build_authenticator()
        .unwrap();
    let token = token(&key, &of("one")).sign();
    for _ in 0..2 {
        assert_eq!(rejection(&authenticator, &token).await, None);
    }
    is_allowed.store(false, Ordering::SeqCst);
    let unknown = Some(ErrorKind::UnknownIssuer);
    assert_eq!(rejection(&authenticator, &token).await, unknown);
    is_allowed.store(true, Ordering::SeqCst);
    assert_eq!(rejection(&authenticator, &token).await, None);
}

#[tokio::test(start_paused = true)]
async fn named_issuers_and_tenants_are_trusted_side_by_side() {
    let (site, one, named) = (Site::default(), key(), key());
    site.issuer(&of("one"), &one);
    site.issuer(&of("master"), &named);
    let master = Issuer::discovery(of("master"), "admin").http_client(site.client());
    let authenticator = Authenticator::builder(realms(&site, Tenants::allowed_by(|_| true)))
        .add_issuer(master)
        .build_authenticator()
        .unwrap();
    let of_master = token(&named, &of("master"));
    assert_eq!(
        rejection(&authenticator, &token(&one, &of("one")).sign()).await,
        None
    );
    // A name that is configured takes precedence over a pattern that it fits.
    assert_eq!(
        rejection(&authenticator, &of_master.sign()).await,
        Some(ErrorKind::WrongAudience)
    );
    let of_master = token(&named, &of("master")).audience("admin");
    assert_eq!(rejection(&authenticator, &of_master.sign()).await, None);
}
