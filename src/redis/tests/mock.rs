//! A server in memory, which fails on demand.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::{Cmd, Value};
use futures::future::BoxFuture;
use tokio::time::sleep;

use crate::redis::connection::{Connection, Connector};
use crate::redis::failure::Failure;

/// What the server does.
#[derive(Clone)]
pub(super) enum Fault {
    None,
    /// Closes connections, and opens none.
    Refuses,
    /// Opens no connection, or gives no answer, for this long.
    GreetsAfter(Duration),
    AnswersAfter(Duration),
    /// Executes the command, and gives no answer.
    LosesAnswer,
    Says(Value),
    Fails(Failure),
}

#[derive(Clone)]
pub(super) struct Mock(Arc<Shared>);

struct Shared {
    fault: Mutex<Fault>,
    keys: Mutex<HashSet<Vec<u8>>>,
    sent: Mutex<Vec<String>>,
    connections: AtomicUsize,
    /// Closes the connections that are open.
    generation: AtomicUsize,
    policy: Mutex<&'static str>,
}

struct MockConnection {
    server: Mock,
    generation: usize,
    is_closed: AtomicBool,
}

impl Mock {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            fault: Mutex::new(Fault::None),
            keys: Mutex::default(),
            sent: Mutex::default(),
            connections: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
            policy: Mutex::new("noeviction"),
        }))
    }

    pub(super) fn set(&self, fault: Fault) {
        *self.0.fault.lock().unwrap() = fault;
    }

    pub(super) fn set_policy(&self, policy: &'static str) {
        *self.0.policy.lock().unwrap() = policy;
    }

    /// Closes all connections.
    pub(super) fn restart(&self) {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns how many connections were opened, or tried.
    pub(super) fn connections(&self) -> usize {
        self.0.connections.load(Ordering::SeqCst)
    }

    /// Returns the commands `SET` that were sent.
    pub(super) fn sent(&self) -> Vec<String> {
        self.0.sent.lock().unwrap().clone()
    }

    fn fault(&self) -> Fault {
        self.0.fault.lock().unwrap().clone()
    }

    fn execute(&self, command: &Cmd) -> Value {
        let key = command.get_packed_command();
        let is_new = self.0.keys.lock().unwrap().insert(key);
        if is_new { Value::Okay } else { Value::Nil }
    }
}

impl Connector for Mock {
    fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Connection>, Failure>> {
        let this = self.clone();
        this.0.connections.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match this.fault() {
                Fault::Refuses => return Err(Failure::Unreachable),
                Fault::GreetsAfter(time) => sleep(time).await,
                _ => {}
            }
            let connection: Arc<dyn Connection> = Arc::new(MockConnection {
                generation: this.0.generation.load(Ordering::SeqCst),
                server: this,
                is_closed: AtomicBool::new(false),
            });
            Ok(connection)
        })
    }
}

impl Connection for MockConnection {
    fn send(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        let server = self.server.clone();
        let text = String::from_utf8(command.get_packed_command()).unwrap();
        if text.contains("INFO") {
            let info = format!("maxmemory_policy:{}\r\n", server.0.policy.lock().unwrap());
            let fault = server.fault();
            return Box::pin(async move {
                match fault {
                    Fault::AnswersAfter(time) => sleep(time).await,
                    Fault::Fails(failure) => return Err(failure),
                    _ => {}
                }
                Ok(Value::BulkString(info.into_bytes()))
            });
        }
        server.0.sent.lock().unwrap().push(text);
        let fault = server.fault();
        if matches!(
            fault,
            Fault::Fails(Failure::ConnectionLost) | Fault::Refuses
        ) {
            self.is_closed.store(true, Ordering::SeqCst);
        }
        Box::pin(async move {
            match fault {
                Fault::AnswersAfter(time) => sleep(time).await,
                Fault::LosesAnswer => {
                    server.execute(&command);
                    std::future::pending::<()>().await;
                }
                Fault::Says(value) => return Ok(value),
                Fault::Fails(failure) => return Err(failure),
                Fault::Refuses => return Err(Failure::ConnectionLost),
                Fault::None | Fault::GreetsAfter(_) => {}
            }
            Ok(server.execute(&command))
        })
    }

    fn send_asking(&self, _: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        Box::pin(async { Err(Failure::OtherNode) })
    }

    fn is_closed(&self) -> bool {
        let generation = self.server.0.generation.load(Ordering::SeqCst);
        generation != self.generation || self.is_closed.load(Ordering::SeqCst)
    }
}
