//! Issuers that are added, replaced and removed while the layer is in use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, ConfigErrorKind, ErrorKind, Issuer, Issuers, JwtAuthLayer, Key,
    Observe, Tenants, TokenCacheSettings,
};

use crate::issuers::site::{AUDIENCE, Site, authenticator, cached, jwks, kind, rejection, token};
use crate::support::tokio;

const ONE: &str = "https://one.example";
const TWO: &str = "https://two.example";
const UNKNOWN: Option<ErrorKind> = Some(ErrorKind::UnknownIssuer);

fn key() -> TestKey {
    TestKey::generate(Algorithm::ES256)
}

fn fixed(name: &str, key: &TestKey) -> Issuer {
    let key = Key::from_jwk(&key.jwk().to_string()).unwrap();
    Issuer::from_keys(name, key, AUDIENCE)
}

fn fetched(site: &Site, name: &str, key: &TestKey) -> Issuer {
    let url = format!("{name}/keys");
    site.page(&url, &jwks([key.jwk()]));
    Issuer::jwks(name, url, AUDIENCE).http_client(site.client())
}

fn caching(issuer: Issuer) -> Authenticator {
    Authenticator::builder(issuer)
        .token_cache(TokenCacheSettings::default())
        .build_authenticator()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_added_issuer_is_trusted_from_the_next_request_on() {
    let (one, two) = (key(), key());
    let layer = JwtAuthLayer::builder(fixed(ONE, &one)).build().unwrap();
    let authenticator = layer.authenticator().clone();
    let of_two = token(&two, TWO).sign();
    assert!(rejection(&authenticator, &of_two).await.is_some());
    let issuers = layer.issuers();
    issuers.add(fixed(TWO, &two)).unwrap();
    assert_eq!(rejection(&authenticator, &of_two).await, None);
    assert_eq!(
        rejection(&authenticator, &token(&one, ONE).sign()).await,
        None
    );
    assert_eq!(issuers.names(), [ONE, TWO]);
    assert_eq!(
        format!("{issuers:?}"),
        format!("Issuers([{ONE:?}, {TWO:?}])")
    );
    assert_eq!(cached(&authenticator), [ONE, TWO]);
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_a_removed_issuer_are_rejected_cached_ones_too() {
    let (one, two) = (key(), key());
    for caches in [false, true] {
        let issuer = fixed(ONE, &one);
        let authenticator = if caches {
            caching(issuer)
        } else {
            authenticator(issuer)
        };
        authenticator.issuers().add(fixed(TWO, &two)).unwrap();
        let (of_one, of_two) = (token(&one, ONE).sign(), token(&two, TWO).sign());
        for _ in 0..2 {
            assert_eq!(rejection(&authenticator, &of_two).await, None);
        }
        assert!(authenticator.issuers().remove(TWO));
        assert!(rejection(&authenticator, &of_two).await.is_some());
        assert_eq!(rejection(&authenticator, &of_one).await, None);
        assert!(!authenticator.issuers().remove(TWO), "it is gone");

        assert!(authenticator.issuers().remove(ONE));
        assert!(rejection(&authenticator, &of_one).await.is_some());
        assert!(authenticator.issuers().names().is_empty());

        // It comes back with the same keys. What was cached before is verified again.
        authenticator.issuers().add(fixed(ONE, &one)).unwrap();
        assert_eq!(rejection(&authenticator, &of_one).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replaced_issuer_has_new_keys_and_settings() {
    let (old, new) = (key(), key());
    let authenticator = caching(fixed(ONE, &old));
    let of_old = token(&old, ONE).sign();
    assert_eq!(rejection(&authenticator, &of_old).await, None);
    authenticator.issuers().replace(fixed(ONE, &new)).unwrap();
    assert_eq!(
        rejection(&authenticator, &of_old).await,
        Some(ErrorKind::UnknownKey)
    );
    assert_eq!(
        rejection(&authenticator, &token(&new, ONE).sign()).await,
        None
    );

    let jwk = Key::from_jwk(&new.jwk().to_string()).unwrap();
    let other_audience = Issuer::from_keys(ONE, jwk, "https://other-api.example");
    authenticator.issuers().replace(other_audience).unwrap();
    assert_eq!(
        rejection(&authenticator, &token(&new, ONE).sign()).await,
        Some(ErrorKind::WrongAudience)
    );
    assert_eq!(authenticator.issuers().names(), [ONE]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_keys_waits_for_those_of_the_issuer_that_replaces_it() {
    let (site, old, new) = (Site::default(), key(), key());
    site.delay(Duration::from_millis(500));
    let authenticator = authenticator(fetched(&site, ONE, &old));
    let of_new = token(&new, ONE).sign();
    let replace = async {
        sleep(Duration::from_millis(100)).await;
        let issuer = fetched(&site, ONE, &new);
        authenticator.issuers().replace(issuer).unwrap();
    };
    let (rejection, ()) = tokio::join!(rejection(&authenticator, &of_new), replace);
    assert_eq!(rejection, None);
}

#[tokio::test(start_paused = true)]
async fn the_algorithms_follow_the_issuers() {
    let (ec, ed) = (key(), TestKey::generate(Algorithm::Ed25519));
    let authenticator = authenticator(fixed(ONE, &ec));
    let of_two = token(&ed, TWO).sign();
    let not_allowed = Some(ErrorKind::AlgorithmNotAllowed);
    assert_eq!(rejection(&authenticator, &of_two).await, not_allowed);
    authenticator.issuers().add(fixed(TWO, &ed)).unwrap();
    assert_eq!(rejection(&authenticator, &of_two).await, None);
    assert_eq!(
        rejection(&authenticator, &token(&ed, ONE).sign()).await,
        not_allowed
    );
    assert!(authenticator.issuers().remove(TWO));
    assert_eq!(rejection(&authenticator, &of_two).await, not_allowed);
}

#[tokio::test(start_paused = true)]
async fn the_background_task_of_a_removed_issuer_ends() {
    let (site, one, two) = (Site::default(), key(), key());
    let authenticator = caching(fixed(ONE, &one));
    authenticator
        .issuers()
        .add(fetched(&site, TWO, &two))
        .unwrap();
    // Cached, so that something still refers to the issuer.
    assert_eq!(
        rejection(&authenticator, &token(&two, TWO).sign()).await,
        None
    );
    sleep(Duration::from_secs(30 * 60)).await;
    let fetches = site.fetched().len();
    assert!(fetches > 1, "it was refreshed");
    assert!(authenticator.issuers().remove(TWO));
    sleep(Duration::from_secs(1)).await;
    let metrics = ::tokio::runtime::Handle::current().metrics();
    assert_eq!(metrics.num_alive_tasks(), 0);
    sleep(Duration::from_secs(3 * 60 * 60)).await;
    assert_eq!(site.fetched().len(), fetches);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_keys_of_a_removed_issuer_is_rejected_at_once() {
    let (site, one, two) = (Site::default(), key(), key());
    site.delay(Duration::from_secs(2));
    let authenticator = authenticator(fixed(ONE, &one));
    authenticator
        .issuers()
        .add(fetched(&site, TWO, &two))
        .unwrap();
    let of_two = token(&two, TWO).sign();
    let start = ::tokio::time::Instant::now();
    let change = async {
        sleep(Duration::from_secs(1)).await;
        assert!(authenticator.issuers().remove(TWO));
    };
    let (outcome, ()) = futures::future::join(authenticator.authenticate(&of_two), change).await;
    // With the other issuer alone, the key is looked for there.
    assert!(matches!(
        kind(outcome),
        UNKNOWN | Some(ErrorKind::UnknownKey)
    ));
    assert!(start.elapsed() < Duration::from_millis(1500));
    assert_eq!(site.fetched().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_while_its_issuer_is_replaced_uses_the_new_one() {
    let (site, old, new) = (Site::default(), key(), key());
    site.delay(Duration::from_secs(1));
    let authenticator = authenticator(fetched(&site, ONE, &old));
    let token = token(&new, ONE).sign();
    let change = async {
        sleep(Duration::from_millis(500)).await;
        authenticator.issuers().replace(fixed(ONE, &new)).unwrap();
    };
    let (outcome, ()) = futures::future::join(authenticator.authenticate(&token), change).await;
    assert_eq!(kind(outcome), None);
}

#[tokio::test(start_paused = true)]
async fn what_build_rejects_is_rejected_and_changes_nothing() {
    let (one, two) = (key(), key());
    let secret = TestKey::generate(Algorithm::HS256);
    let authenticator = authenticator(fixed(ONE, &one));
    let issuers = authenticator.issuers();
    issuers.add(fixed(TWO, &secret)).unwrap();
    let rejected = [
        (
            issuers.add(fixed(ONE, &two)),
            ConfigErrorKind::DuplicateIssuer,
        ),
        (issuers.add(fixed("", &two)), ConfigErrorKind::EmptyIssuer),
        (
            issuers.add(fixed("https://three.example", &secret)),
            ConfigErrorKind::SharedSecret,
        ),
        (
            issuers.replace(fixed(ONE, &secret)),
            ConfigErrorKind::SharedSecret,
        ),
        (
            issuers.add(Issuer::jwks("x", "http://x.example/keys", AUDIENCE)),
            ConfigErrorKind::InsecureUrl,
        ),
        (
            issuers.replace_all([fixed(ONE, &two), fixed(ONE, &two)]),
            ConfigErrorKind::DuplicateIssuer,
        ),
        (
            issuers.replace_all([fixed(ONE, &two), Issuer::jwks("x", "x", AUDIENCE)]),
            ConfigErrorKind::InvalidUrl,
        ),
    ];
    for (outcome, expected) in rejected {
        assert_eq!(outcome.unwrap_err().kind(), expected);
    }
    assert_eq!(issuers.names(), [ONE, TWO]);
    assert_eq!(
        rejection(&authenticator, &token(&one, ONE).sign()).await,
        None
    );
    assert_eq!(
        rejection(&authenticator, &token(&secret, TWO).sign()).await,
        None
    );
    // An issuer may be replaced by one with the same secret.
    issuers.replace(fixed(TWO, &secret)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_issuers_are_replaced_at_once() {
    let (one, two, three) = (key(), key(), key());
    let authenticator = authenticator(fixed(ONE, &one));
    let issuers = authenticator.issuers();
    issuers
        .replace_all([fixed(TWO, &two), fixed(ONE, &three)])
        .unwrap();
    assert_eq!(issuers.names(), [TWO, ONE]);
    assert_eq!(
        rejection(&authenticator, &token(&two, TWO).sign()).await,
        None
    );
    assert_eq!(
        rejection(&authenticator, &token(&three, ONE).sign()).await,
        None
    );
    assert_eq!(
        rejection(&authenticator, &token(&one, ONE).sign()).await,
        Some(ErrorKind::UnknownKey)
    );
    issuers.replace_all([]).unwrap();
    assert!(
        rejection(&authenticator, &token(&two, TWO).sign())
            .await
            .is_some()
    );
}

#[tokio::test(start_paused = true)]
async fn tenants_are_added_and_removed_as_one_issuer() {
    let (site, one, two) = (Site::default(), key(), key());
    let pattern = "https://login.example/{tenant}";
    let tenant = "https://login.example/a";
    site.issuer(tenant, &two);
    let authenticator = caching(fixed(ONE, &one));
    let tenants = Issuer::discovery(pattern, AUDIENCE)
        .tenants(Tenants::only(["a"]))
        .http_client(site.client());
    authenticator.issuers().add(tenants).unwrap();
    assert_eq!(authenticator.issuers().names(), [ONE, pattern]);
    let token = token(&two, tenant).sign();
    for _ in 0..2 {
        assert_eq!(rejection(&authenticator, &token).await, None);
    }
    assert_eq!(cached(&authenticator), [ONE, tenant]);
    assert!(authenticator.issuers().remove(pattern));
    assert!(rejection(&authenticator, &token).await.is_some());
    assert_eq!(cached(&authenticator), [ONE]);
    let fetches = site.fetched().len();
    sleep(Duration::from_secs(60 * 60)).await;
    assert_eq!(site.fetched().len(), fetches);
}

/// Real threads: each outcome must be one of the two that are right at some time of the request.
#[test]
fn requests_run_while_issuers_change() {
    let (one, two) = (key(), key());
    let authenticator = caching(fixed(ONE, &one));
    let (of_one, of_two) = (token(&one, ONE).sign(), token(&two, TWO).sign());
    let is_done = Arc::new(AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    let verify = |token: &str| {
                        kind(crate::support::block_on(authenticator.authenticate(token)))
                    };
                    assert_eq!(verify(&of_one), None);
                    let outcome = verify(&of_two);
                    assert!(
                        matches!(outcome, None | UNKNOWN | Some(ErrorKind::UnknownKey)),
                        "{outcome:?}"
                    );
                }
            });
        }
        for _ in 0..300 {
            authenticator.issuers().add(fixed(TWO, &two)).unwrap();
            assert_eq!(
                kind(crate::support::block_on(
                    authenticator.authenticate(&of_two)
                )),
                None
            );
            assert!(authenticator.issuers().remove(TWO));
            let outcome = kind(crate::support::block_on(
                authenticator.authenticate(&of_two),
            ));
            assert!(outcome.is_some(), "it was removed before this request");
        }
        is_done.store(true, Ordering::Relaxed);
    });
}

// A name counts before a pattern, also for tokens that were cached as those of a tenant.
#[tokio::test(start_paused = true)]
async fn a_cached_token_of_a_tenant_is_verified_again_when_its_issuer_is_added_by_name() {
    let (shared, own) = (key(), key());
    let site = Site::default();
    let keys = "https://login.example/keys";
    site.page(keys, &jwks([shared.jwk()]));
    let pattern = Issuer::jwks("https://login.example/{tenant}", keys, AUDIENCE)
        .http_client(site.client())
        .tenants(Tenants::allowed_by(|_| true));
    let authenticator = caching(pattern);
    let (one, other) = ("https://login.example/one", "https://login.example/other");
    let (of_one, of_other) = (token(&shared, one).sign(), token(&shared, other).sign());
    for _ in 0..2 {
        assert_eq!(rejection(&authenticator, &of_one).await, None);
        assert_eq!(rejection(&authenticator, &of_other).await, None);
    }
    authenticator.issuers().add(fixed(one, &own)).unwrap();
    assert!(rejection(&authenticator, &of_one).await.is_some());
    assert_eq!(rejection(&authenticator, &of_other).await, None);
    assert_eq!(
        rejection(&authenticator, &token(&own, one).sign()).await,
        None
    );
    // The pattern fits the name again.
    assert!(authenticator.issuers().remove(one));
    assert_eq!(rejection(&authenticator, &of_one).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_is_replaced_in_its_place() {
    let (one, two) = (key(), key());
    let authenticator = authenticator(fixed(ONE, &one));
    let issuers = authenticator.issuers();
    issuers.add(fixed(TWO, &two)).unwrap();
    issuers.replace(fixed(ONE, &two)).unwrap();
    assert_eq!(issuers.names(), [ONE, TWO]);
    assert_eq!(
        rejection(&authenticator, &token(&two, ONE).sign()).await,
        None
    );
}

/// Adds an issuer again when it is removed.
#[derive(Default)]
struct AddsAgain(OnceLock<(Issuers, TestKey)>);

impl Observe for AddsAgain {
    fn issuer_removed(&self, issuer: &str) {
        let (issuers, key) = self.0.get().unwrap();
        issuers.add(fixed(issuer, key)).unwrap();
    }
}

#[test]
fn an_observer_can_change_the_issuers() {
    let adds = Arc::new(AddsAgain::default());
    let builder = JwtAuthLayer::builder(fixed(ONE, &key())).add_issuer(fixed(TWO, &key()));
    let layer = builder.add_observer(Arc::clone(&adds)).build().unwrap();
    assert!(adds.0.set((layer.issuers(), key())).is_ok());
    let (done, is_done) = mpsc::channel();
    let issuers = layer.issuers();
    thread::spawn(move || done.send(issuers.remove(TWO)));
    assert_eq!(is_done.recv_timeout(Duration::from_secs(10)), Ok(true));
    assert_eq!(layer.issuers().names(), [ONE, TWO]);
}
