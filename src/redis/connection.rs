//! Connections, behind traits of this crate, so that tests need no server.

use std::fmt;
use std::sync::Arc;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, Value};
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use super::failure::Failure;

/// Commands that wait to be written. Those beyond it wait for space, within their time limit.
const MAX_QUEUED: usize = 1024;

/// Opens connections.
pub(crate) trait Connector: Send + Sync + 'static {
    /// Returns a connection that is ready for commands.
    fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Connection>, Failure>>;
}

/// A connection that many operations share. Their commands are pipelined.
pub(crate) trait Connection: Send + Sync + 'static {
    /// Sends a command, once, and returns its answer. Waits without a limit.
    fn send(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>>;

    /// Sends `ASKING` and the command, for a node of a cluster that is taking over the key.
    fn send_asking(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>>;

    /// Returns whether it is known to be of no use any more.
    fn is_closed(&self) -> bool;
}

/// A connection to one server.
pub(super) struct Multiplexed {
    commands: MultiplexedConnection,
    driver: Driver,
}

/// The task that writes and reads. It ends with the connection, or with its last user.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Multiplexed {
    /// Greets the server: authentication, and the number of the database.
    pub(super) async fn greet<S>(
        stream: S,
        settings: &RedisConnectionInfo,
    ) -> Result<Arc<dyn Connection>, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // Operations and `Slot::open` have time limits of their own.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(MAX_QUEUED);
        let connected = MultiplexedConnection::new_with_config(settings, stream, config).await;
        let (commands, driver) = connected.map_err(|error| Failure::from(&error))?;
        Ok(Arc::new(Self {
            commands,
            driver: Driver(tokio::spawn(driver)),
        }))
    }
}

impl Connection for Multiplexed {
    fn send(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        let mut commands = self.commands.clone();
        Box::pin(async move {
            let answer = commands.send_packed_command(&command).await;
            answer.map_err(|error| Failure::from(&error))
        })
    }

    fn send_asking(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        let mut commands = self.commands.clone();
        Box::pin(async move {
            let mut both = ::redis::pipe();
            both.cmd("ASKING").add_command(command);
            let answers = commands.send_packed_commands(&both, 0, 2).await;
            let answers = answers.map_err(|error| Failure::from(&error))?;
            answers.into_iter().nth(1).ok_or(Failure::UnexpectedAnswer)
        })
    }

    fn is_closed(&self) -> bool {
        self.driver.0.is_finished()
    }
}

impl fmt::Debug for dyn Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
