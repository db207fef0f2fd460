//! Issuers whose keys are not fetched: fixed keys, files, sources, introspection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::time::sleep;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, HttpClient, IntrospectionCredentials, Issuer, IssuerState, KeyQuery,
    KeySet, KeySource, Keys, KeysFuture, OnStaleRevocations, ReadinessStatus, ReadyWhen,
    RevocationSettings, Revocations,
};

use super::{Kind, kinds, readiness, states};
use crate::cache::mock::AUDIENCE;
use crate::files::Folder;
use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::tokio;

const ISSUER: &str = "https://issuer.example";

fn of(issuer: Issuer) -> Authenticator {
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

fn keys() -> KeySet {
    let jwk = TestKey::generate(Algorithm::ES256).jwk();
    KeySet::from_json(&format!(r#"{{"keys":[{jwk}]}}"#)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn fixed_keys_are_always_ready() {
    let authenticator = of(Issuer::from_keys(ISSUER, keys(), AUDIENCE));
    sleep(Duration::from_secs(30 * 24 * 60 * 60)).await;
    let readiness = authenticator.readiness(&ReadyWhen::AllIssuers);
    assert_eq!(readiness.status, ReadinessStatus::Ready);
    assert_eq!(states(&readiness), [IssuerState::Fresh]);
    assert_eq!(
        (readiness.issuers[0].age, readiness.issuers[0].usable_for),
        (None, None)
    );
}

/// A source that has keys only after something else has loaded them.
struct Loaded(Arc<AtomicBool>, KeySet);

impl KeySource for Loaded {
    fn current(&self) -> Option<Keys<'_>> {
        let is_loaded = self.0.load(Ordering::Relaxed);
        is_loaded.then(|| Keys::from(&self.1))
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        panic!("readiness loads nothing from a source")
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_without_keys_is_not_ready() {
    let is_loaded = Arc::new(AtomicBool::new(false));
    let source = Loaded(Arc::clone(&is_loaded), keys());
    let authenticator = of(Issuer::from_key_source(ISSUER, source, AUDIENCE));
    let absent = readiness(&authenticator);
    assert_eq!(
        (absent.status, kinds(&absent)),
        (ReadinessStatus::NotReady, vec![Kind::KeysAbsent])
    );
    is_loaded.store(true, Ordering::Relaxed);
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
}

#[tokio::test(start_paused = true)]
async fn files_that_can_no_longer_be_read_are_degraded() {
    let folder = Folder::new();
    let jwk = TestKey::generate(Algorithm::ES256).jwk();
    folder.write("keys.json", format!(r#"{{"keys":[{jwk}]}}"#));
    let file = folder.join("keys.json");
    let authenticator = of(Issuer::jwks_file(ISSUER, &file, AUDIENCE));
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    folder.write("keys.json", "no keys");
    let is_degraded = || kinds(&readiness(&authenticator)) == [Kind::FilesUnreadable];
    for _ in 0..100 {
        if is_degraded() {
            break;
        }
        sleep(Duration::from_secs(12)).await;
    }
    let unreadable = readiness(&authenticator);
    assert_eq!(kinds(&unreadable), [Kind::FilesUnreadable]);
    assert_eq!(unreadable.status, ReadinessStatus::Degraded);
}

/// Its state is known by requests only, so an instance without requests could never recover.
#[tokio::test(start_paused = true)]
async fn an_introspection_endpoint_that_fails_is_degraded_and_never_not_ready() {
    let status = Arc::new(std::sync::Mutex::new(StatusCode::SERVICE_UNAVAILABLE));
    let answered = Arc::clone(&status);
    let client = HttpClient::new(tower::service_fn(move |_: Request<Full<Bytes>>| {
        let mut response = Response::new(Full::<Bytes>::from(r#"{"active":false}"#));
        *response.status_mut() = *answered.lock().unwrap();
        async { Ok::<_, std::io::Error>(response) }
    }));
    let credentials = IntrospectionCredentials::client_secret("api", "a-secret-of-the-client");
    let url = "https://issuer.example/introspect";
    let issuer = Issuer::introspection(ISSUER, url, credentials, AUDIENCE).http_client(client);
    let authenticator = of(issuer);
    let state = || {
        let readiness = authenticator.readiness(&ReadyWhen::AllIssuers);
        (readiness.status, kinds(&readiness), states(&readiness)[0])
    };
    assert_eq!(
        state(),
        (ReadinessStatus::Ready, vec![], IssuerState::Available)
    );
    for token in 0..5 {
        let token = format!("an-opaque-token-{token}");
        assert!(authenticator.authenticate(&token).await.is_err());
    }
    let kind = Kind::IntrospectionUnavailable;
    assert_eq!(
        state(),
        (
            ReadinessStatus::Degraded,
            vec![kind],
            IssuerState::Unavailable
        )
    );
    sleep(Duration::from_secs(60)).await;
    *status.lock().unwrap() = StatusCode::UNAUTHORIZED;
    assert!(authenticator.authenticate("one-more").await.is_err());
    let kind = Kind::IntrospectionDenied;
    assert_eq!(
        state(),
        (
            ReadinessStatus::Degraded,
            vec![kind],
            IssuerState::Available
        )
    );
    *status.lock().unwrap() = StatusCode::OK;
    assert!(authenticator.authenticate("the-last").await.is_err());
    assert_eq!(
        state(),
        (ReadinessStatus::Ready, vec![], IssuerState::Available)
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_list_of_revocations_is_degraded() {
    let list = Revocations::with_settings(RevocationSettings::default().max_entries(1)).unwrap();
    let authenticator = Authenticator::builder(Issuer::from_keys(ISSUER, keys(), AUDIENCE))
        .revocations(&list)
        .build_authenticator()
        .unwrap();
    assert_eq!(readiness(&authenticator).status, ReadinessStatus::Ready);
    list.revoke_session(ISSUER, "one").unwrap();
    let full = readiness(&authenticator);
    assert_eq!(
        (full.status, kinds(&full)),
        (ReadinessStatus::Degraded, vec![Kind::RevocationsFull])
    );
}

#[tokio::test(start_paused = true)]
async fn revocations_that_can_not_be_read_are_degraded_although_requests_get_503() {
    let store = MemoryRevocationStore::default();
    store.set(Fault::Fails);
    let settings = RevocationSettings::default().store(store, OnStaleRevocations::Reject);
    let list = Revocations::with_settings(settings).unwrap();
    let authenticator = Authenticator::builder(Issuer::from_keys(ISSUER, keys(), AUDIENCE))
        .revocations(&list)
        .build_authenticator()
        .unwrap();
    let stale = readiness(&authenticator);
    assert_eq!(
        (stale.status, kinds(&stale)),
        (ReadinessStatus::Degraded, vec![Kind::RevocationsStale])
    );
}
