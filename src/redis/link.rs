//! One operation after another, each within its time limit, and none while the circuit is open.

use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, Value};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::answer::checked;
use super::breaker::{Breaker, Change};
use super::connection::{Connection, Connector};
use super::counters::Counters;
use super::eviction::{Eviction, Inspected};
use super::failure::Failure;
use super::slot::Slot;
use crate::trace;

/// How long the service may wait for the server before its first request.
const START_TIMEOUT: Duration = Duration::from_secs(4);

/// A server, and what is known of it.
pub(super) struct Link {
    /// For log events: host and port.
    name: String,
    /// For log events: what an outage means.
    outage: &'static str,
    timeout: Duration,
    slot: Slot,
    breaker: Breaker,
    pub(super) counters: Counters,
    pub(super) eviction: Arc<Eviction>,
}

impl Link {
    pub(super) fn new(
        name: String,
        connector: Arc<dyn Connector>,
        timeout: Duration,
        outage: &'static str,
    ) -> Self {
        let eviction = Arc::new(Eviction::new(name.clone()));
        let connector = Inspected::new(connector, Arc::clone(&eviction));
        Self {
            name,
            outage,
            timeout,
            slot: Slot::new(Arc::new(connector)),
            breaker: Breaker::default(),
            counters: Counters::default(),
            eviction,
        }
    }

    pub(super) fn is_available(&self) -> bool {
        self.breaker.is_closed()
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Opens the connection, if it is not open, and has the server answer. That may take longer than
    /// an operation, and counts for nothing.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        // What follows waits by the runtime's timer.
        Handle::try_current().map_err(|_| Failure::NoRuntime)?;
        let answered = timeout(START_TIMEOUT, self.greet()).await;
        answered.unwrap_or(Err(Failure::TimedOut))
    }

    async fn greet(&self) -> Result<(), Failure> {
        let connection = self.slot.connection().await?;
        match self.eviction.ask(&*connection).await {
            // The server answers, though not to this question.
            Ok(()) | Err(Failure::Permissions | Failure::OtherError) => Ok(()),
            Err(failure) => {
                self.slot.discard(&connection);
                Err(failure)
            }
        }
    }

    /// Sends a command, once, and returns what its answer means. A command whose answer is lost is
    /// not sent again: the server may have executed it.
    pub(super) async fn run<T>(
        &self,
        command: Cmd,
        read: fn(Value) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let outcome = self.run_unless_open(command, read).await;
        self.counters.count(outcome.as_ref().err().copied());
        outcome
    }

    async fn run_unless_open<T>(
        &self,
        command: Cmd,
        read: fn(Value) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // What follows waits by the runtime's timer.
        Handle::try_current().map_err(|_| Failure::NoRuntime)?;
        let permit = self.breaker.permit().ok_or(Failure::CircuitOpen)?;
        let mut used = None;
        let answered = timeout(self.timeout, self.ask(command, &mut used)).await;
        let outcome = answered.unwrap_or(Err(Failure::TimedOut)).and_then(read);
        let change = permit.record(outcome.is_ok());
        self.react(change, outcome.as_ref().err().copied(), used);
        outcome
    }

    async fn ask(
        &self,
        command: Cmd,
        used: &mut Option<Arc<dyn Connection>>,
    ) -> Result<Value, Failure> {
        let connection = self.slot.connection().await?;
        let answer = connection.send(command);
        *used = Some(connection);
        checked(answer.await?)
    }

    /// Logs what changed, and drops a connection that is of no use.
    fn react(&self, change: Change, failure: Option<Failure>, used: Option<Arc<dyn Connection>>) {
        match (change, failure) {
            (Change::Opened { is_first: true }, Some(failure)) => {
                trace::redis_unavailable(&self.name, failure.reason(), self.outage);
            }
            (Change::Closed, _) => trace::redis_recovered(&self.name),
            (_, Some(failure)) => trace::redis_failed(&self.name, failure.reason()),
            _ => {}
        }
        let has_opened = matches!(change, Change::Opened { .. });
        let is_useless = has_opened || failure.is_some_and(Failure::ends_connection);
        if let Some(connection) = used.filter(|_| is_useless) {
            self.slot.discard(&connection);
        }
    }
}
