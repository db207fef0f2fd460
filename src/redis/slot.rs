//! The connection in use, opened when it is first needed, and again after it was lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use tokio::time::timeout;

use super::connection::{Connection, Connector};
use super::failure::Failure;

/// How long a connection may take to open. Operations wait for it no longer than their own limit;
/// it goes on without them, so a server that is slow to greet is connected to at last.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

type Opened = Result<Arc<dyn Connection>, Failure>;
type Opening = Shared<BoxFuture<'static, Opened>>;

pub(super) struct Slot {
    connector: Arc<dyn Connector>,
    current: Mutex<Option<Opening>>,
}

impl Slot {
    pub(super) fn new(connector: Arc<dyn Connector>) -> Self {
        Self {
            connector,
            current: Mutex::default(),
        }
    }

    /// Returns an open connection. Concurrent calls share one attempt to open it.
    pub(super) async fn connection(&self) -> Opened {
        let connection = self.opening().await?;
        if connection.is_closed() {
            // It was closed before this could be seen. What is opened now is new.
            return self.opening().await;
        }
        Ok(connection)
    }

    /// Has the next operation open another connection. Those that wait for an answer of this one
    /// still get it.
    pub(super) fn discard(&self, connection: &Arc<dyn Connection>) {
        let mut current = self.lock();
        let is_current = match current.as_ref().and_then(Shared::peek) {
            Some(Ok(current)) => Arc::ptr_eq(current, connection),
            _ => false,
        };
        if is_current {
            *current = None;
        }
    }

    fn opening(&self) -> Opening {
        let mut current = self.lock();
        match &*current {
            Some(opening) if is_usable(opening) => opening.clone(),
            _ => current.insert(self.open()).clone(),
        }
    }

    /// Opens a connection in the background, so that no cancelled request ends it.
    fn open(&self) -> Opening {
        let connecting = self.connector.connect();
        let opened = async {
            let opened = timeout(CONNECT_TIMEOUT, connecting).await;
            opened.unwrap_or(Err(Failure::TimedOut))
        };
        let opening = opened.boxed().shared();
        tokio::spawn(opening.clone());
        opening
    }

    fn lock(&self) -> MutexGuard<'_, Option<Opening>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether a connection is being opened, or open.
fn is_usable(opening: &Opening) -> bool {
    match opening.peek() {
        None => true,
        Some(Ok(connection)) => !connection.is_closed(),
        Some(Err(_)) => false,
    }
}
