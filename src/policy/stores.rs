//! The stores of used tokens and proofs.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::{Policy, SingleUse, Stage};
use crate::config_error::ConfigError;
use crate::replay::{ReplayHealth, ReplayScope, ReplayStore, ReplayStoreFuture};
use crate::trace;

/// How long a store may take to prepare.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(5);

impl<C> Policy<C> {
    /// Adds the check that a token was not used before.
    pub(crate) fn add_single_use(&mut self, check: SingleUse) {
        self.tokens = Some(Arc::clone(&check.store));
        self.add(Stage::SingleUse, check);
    }

    /// Returns whether used tokens and proofs are stored for this process alone or for several.
    pub(crate) fn replay_health(&self) -> ReplayHealth {
        let scope = |store: Option<&Arc<dyn ReplayStore>>| {
            store.map_or(ReplayScope::Off, |store| ReplayScope::of(&**store))
        };
        ReplayHealth {
            tokens: scope(self.tokens.as_ref()),
            proofs: scope(self.bindings.replay_store()),
            token_entries: self.tokens.as_ref().and_then(ReplayStore::entries),
            proof_entries: self.bindings.replay_store().and_then(ReplayStore::entries),
        }
    }

    /// Rejects a store whose time limit is not shorter than that of a check: the wait would end
    /// before the store notices an outage.
    pub(crate) fn check_store_timeouts(&self) -> Result<(), ConfigError> {
        let timeouts = self.stores().filter_map(ReplayStore::timeout);
        match timeouts.max().filter(|timeout| *timeout >= self.timeout) {
            None => Ok(()),
            Some(timeout) => Err(ConfigError::invalid_setting(format!(
                "check_timeout is {:?}: must be longer than the timeout of replay_store, {timeout:?}",
                self.timeout
            ))),
        }
    }

    /// Has the stores prepare for the first request. What fails is logged: requests try again.
    pub(crate) async fn prepare_stores(&self) {
        let preparations = self.stores().map(|store| prepare(store.prepare()));
        join_all(preparations).await;
    }

    fn stores(&self) -> impl Iterator<Item = &Arc<dyn ReplayStore>> {
        self.tokens.iter().chain(self.bindings.replay_store())
    }
}

async fn prepare(preparation: ReplayStoreFuture) {
    let limited = async {
        // Without a runtime there is no timer.
        if Handle::try_current().is_err() {
            return preparation.await;
        }
        let prepared = timeout(PREPARE_TIMEOUT, preparation).await;
        prepared.unwrap_or_else(|_| Err("it was not ready in time".into()))
    };
    if let Err(error) = limited.await {
        trace::replay_store_not_ready(&*error);
    }
}
