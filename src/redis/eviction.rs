//! Whether the server removes entries before they expire.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::timeout;

use super::answer::{checked, eviction_policy};
use super::connection::{Connection, Connector};
use super::failure::Failure;
use crate::trace;

/// How long the question may take. No request waits for it, only `Link::connect`.
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

    /// Asks a server for its policy, and notes it. `INFO` says it also where `CONFIG` is disabled.
    pub(super) async fn ask(&self, connection: &dyn Connection) -> Result<(), Failure> {
        let mut command = ::redis::cmd("INFO");
        command.arg("memory");
        let answer = timeout(TIMEOUT, connection.send(command)).await;
        let answer = checked(answer.unwrap_or(Err(Failure::TimedOut))?)?;
        if let Some(policy) = eviction_policy(answer) {
            self.set(policy);
        }
        Ok(())
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

/// Asks each new connection's server for its policy.
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
            let inspected = Arc::clone(&connection);
            // What fails says nothing of the policy.
            tokio::spawn(async move { eviction.ask(&*inspected).await });
            Ok(connection)
        })
    }
}
