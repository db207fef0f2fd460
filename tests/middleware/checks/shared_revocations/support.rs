//! A process with its list.

use std::time::{Duration, SystemTime};

use tower_jwt_auth::testing::{TestClock, TokenBuilder};
use tower_jwt_auth::{
    ErrorKind, JwtAuthLayer, OnStaleRevocations, RevocationSettings, Revocations,
    SharedRevocationHealth, TokenCacheSettings,
};

use crate::checks::support::{builder, rejection, token};
use crate::support::ISSUER;
use crate::support::revocation_store::MemoryRevocationStore;
use crate::support::tokio::time::sleep;

pub(crate) const REVOKED: Option<ErrorKind> = Some(ErrorKind::Revoked);
pub(crate) const UNAVAILABLE: Option<ErrorKind> = Some(ErrorKind::CheckUnavailable);
/// More than a change takes to arrive.
pub(crate) const SOON: Duration = Duration::from_millis(50);

pub(crate) struct Process {
    pub(crate) list: Revocations,
    pub(crate) layer: JwtAuthLayer,
    alice: String,
    bob: String,
}

impl Process {
    pub(crate) fn new(store: &MemoryRevocationStore) -> Self {
        Self::with(store, OnStaleRevocations::Reject)
    }

    pub(crate) fn with(store: &MemoryRevocationStore, on_stale: OnStaleRevocations) -> Self {
        Self::of(RevocationSettings::default().store(store.clone(), on_stale))
    }

    pub(crate) fn of(settings: RevocationSettings) -> Self {
        let list = Revocations::with_settings(settings).unwrap();
        let layer = builder()
            .token_cache(TokenCacheSettings::default())
            .revocations(&list);
        let layer = layer.build().unwrap();
        let token = |subject| old_token().subject(subject).sign();
        Self {
            list,
            layer,
            alice: token("alice"),
            bob: token("bob"),
        }
    }

    /// Returns a process that has loaded its list.
    pub(crate) async fn start(store: &MemoryRevocationStore) -> Self {
        let this = Self::new(store);
        this.list.loaded().await.unwrap();
        this
    }

    /// Why a token of alice is rejected, if it is.
    pub(crate) async fn alice(&self) -> Option<ErrorKind> {
        let error = rejection(&self.layer, &self.alice).await;
        error.as_ref().map(tower_jwt_auth::Error::kind)
    }

    pub(crate) async fn bob(&self) -> Option<ErrorKind> {
        let error = rejection(&self.layer, &self.bob).await;
        error.as_ref().map(tower_jwt_auth::Error::kind)
    }

    pub(crate) fn revoke_alice(&self) {
        self.list.revoke_subject(ISSUER, "alice").unwrap();
    }

    pub(crate) fn health(&self) -> SharedRevocationHealth {
        self.list.health().shared.unwrap()
    }
}

/// A token that was issued before all revocations.
pub(crate) fn old_token() -> TokenBuilder {
    let issued = SystemTime::now() - Duration::from_secs(20);
    token().clock(&TestClock::new(issued))
}

pub(crate) async fn soon() {
    sleep(SOON).await;
}
