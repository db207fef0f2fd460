//! An instance of a protected service, with its list of revocations.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use http::StatusCode;
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{
    JwtAuthLayer, OnStaleRevocations, RedisRevocationStore, RedisRevocationStoreBuilder,
    RevocationSettings, Revocations, SharedRevocationHealth,
};

use crate::support::tokio::time::sleep;
use crate::support::{ISSUER, ask, bearer, default_key, issuer};

/// The lowest that is allowed.
pub(crate) const MAX_STALENESS: Duration = Duration::from_secs(5);

/// When all tokens are issued: before all revocations.
fn issued() -> &'static TestClock {
    static CLOCK: OnceLock<TestClock> = OnceLock::new();
    CLOCK.get_or_init(|| TestClock::new(SystemTime::now() - Duration::from_secs(10)))
}

pub(crate) struct Instance {
    pub(crate) store: RedisRevocationStore,
    pub(crate) list: Revocations,
    layer: JwtAuthLayer,
}

impl Instance {
    /// Returns an instance that has loaded its list.
    pub(crate) async fn start(url: &str) -> Self {
        let this = Self::new(url);
        this.list.loaded().await.unwrap();
        this
    }

    pub(crate) fn new(url: &str) -> Self {
        Self::of(RedisRevocationStore::builder(url, "test"))
    }

    pub(crate) fn of(store: RedisRevocationStoreBuilder) -> Self {
        Self::with(store, OnStaleRevocations::Reject)
    }

    pub(crate) fn with(store: RedisRevocationStoreBuilder, on_stale: OnStaleRevocations) -> Self {
        let store = store.build().unwrap();
        let settings = RevocationSettings::default()
            .max_staleness(MAX_STALENESS)
            .store(store.clone(), on_stale);
        let list = Revocations::with_settings(settings).unwrap();
        let layer = JwtAuthLayer::builder(issuer()).revocations(&list);
        let layer = layer.build().unwrap();
        Self { store, list, layer }
    }

    /// Sends a request with a token of a user.
    pub(crate) async fn send(&self, user: &str) -> StatusCode {
        let token = default_key().token().clock(issued()).issuer(ISSUER);
        let token = token.subject(user).sign();
        ask(&self.layer, bearer(&token)).await.status
    }

    pub(crate) fn revoke(&self, user: &str) {
        self.list.revoke_subject(ISSUER, user).unwrap();
    }

    /// Sends requests until one of them has this status.
    pub(crate) async fn wait_for(&self, user: &str, status: StatusCode) {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            if self.send(user).await == status {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
        panic!("no request of {user} got {status}: {:?}", self.health());
    }

    pub(crate) fn health(&self) -> SharedRevocationHealth {
        self.list.health().shared.unwrap()
    }

    /// Waits until the health is as expected.
    pub(crate) async fn wait_until(&self, is_expected: impl Fn(&SharedRevocationHealth) -> bool) {
        for _ in 0..3_000 {
            if is_expected(&self.health()) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.health());
    }
}
