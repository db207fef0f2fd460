//! Whether the server removes entries before they expire.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::timeout;

use super::answer::eviction_policy;
use super::connection::{Connection, Connector};
use super::failure::Failure;
use crate::trace;

/// How long the question may take. No request waits for it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What is known of the server's `maxmemory-policy`.
pub(super) struct Eviction {
    /// For log events: host and port.
    name: String,
    policy: Mutex<Option<&'static str>>,
}

impl Eviction {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            policy: Mutex::default(),
        }
    }

    /// Returns the policy. `None` until the server has said it, or if it does not say it.
    pub(super) fn policy(&self) -> Option<&'static str> {
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the policy, and logs it if used tokens may be forgotten and this was not known.
    fn set(&self, policy: &'static str) {
        let mut known = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.replace(policy);
        drop(known);
        if policy != "noeviction" && before != Some(policy) {
            trace::redis_evicts(&self.name, policy);
        }
    }
}

/// Asks each new connection's server for its policy. `INFO` says it also where `CONFIG` is disabled.
pub(super) struct Inspected {
    connector: Arc<dyn Connector>,
    eviction: Arc<Eviction>,
}

impl Inspected {
    pub(super) fn new(connector: Arc<dyn Connector>, eviction: Arc<Eviction>) -> Self {
        Self {
            connector,
            eviction,
        }
    }
}

impl Connector for Inspected {
    fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Connection>, Failure>> {
        let (connecting, eviction) = (self.connector.connect(), Arc::clone(&self.eviction));
        Box::pin(async move {
            let connection = connecting.await?;
            tokio::spawn(inspect(Arc::clone(&connection), eviction));
            Ok(connection)
        })
    }
}

async fn inspect(connection: Arc<dyn Connection>, eviction: Arc<Eviction>) {
    let mut command = ::redis::cmd("INFO");
    command.arg("memory");
    if let Ok(Ok(answer)) = timeout(TIMEOUT, connection.send(command)).await
        && let Some(policy) = eviction_policy(answer)
    {
        eviction.set(policy);
    }
}
