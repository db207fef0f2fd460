//! Connections to a cluster, whose nodes say which of them has a key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::redis::{Cmd, Value};
use futures::FutureExt as _;
use futures::future::{BoxFuture, select_ok};

use super::address::{Address, Server};
use super::answer::checked;
use super::cluster_slot::{Redirect, slot_of};
use super::connection::{Connection, Connector};
use super::failure::Failure;
use super::single::{self, Single};
use super::slot::Slot;

/// How many nodes may say in a row that another one has the key.
const MAX_REDIRECTS: usize = 3;

/// Nodes beyond these are not connected to: there are none in practice.
const MAX_NODES: usize = 1_000;

/// Connects to the first of these nodes that answers.
pub(super) struct Cluster {
    pub(super) nodes: Vec<Server>,
    pub(super) allow_plain_tcp: bool,
}

impl Connector for Cluster {
    fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Connection>, Failure>> {
        let Some(first) = self.nodes.first().cloned() else {
            return Box::pin(async { Err(Failure::Unreachable) });
        };
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .cloned()
            .map(|node| greet(node).boxed())
            .collect();
        let allow_plain_tcp = self.allow_plain_tcp;
        Box::pin(async move {
            let (entry, _) = select_ok(nodes).await?;
            let nodes = Nodes {
                template: first,
                allow_plain_tcp,
                entry,
                is_closed: AtomicBool::new(false),
                known: Mutex::default(),
            };
            let connection: Arc<dyn Connection> = Arc::new(ClusterConnection(Arc::new(nodes)));
            Ok(connection)
        })
    }
}

/// Connects, and waits for an answer: the system accepts connections to a server that hangs.
async fn greet(node: Server) -> Result<Arc<dyn Connection>, Failure> {
    let connection = single::connect(node).await?;
    checked(connection.send(::redis::cmd("PING")).await?)?;
    Ok(connection)
}

struct ClusterConnection(Arc<Nodes>);

/// What is known of the cluster.
struct Nodes {
    /// User, password and protection of all nodes.
    template: Server,
    allow_plain_tcp: bool,
    /// Asked for slots of which no node is known.
    entry: Arc<dyn Connection>,
    is_closed: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    connections: HashMap<Address, Arc<Slot>>,
    /// At most one for each of the 16,384 slots.
    nodes: HashMap<u16, Address>,
}

impl Connection for ClusterConnection {
    fn send(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        let nodes = Arc::clone(&self.0);
        Box::pin(async move {
            match slot_of(&command) {
                Some(slot) => nodes.send(slot, command).await,
                None => nodes.entry.send(command).await,
            }
        })
    }

    /// The nodes say themselves when it is needed.
    fn send_asking(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        self.send(command)
    }

    fn is_closed(&self) -> bool {
        // Relaxed: read by itself.
        self.0.is_closed.load(Ordering::Relaxed) || self.0.entry.is_closed()
    }
}

impl Nodes {
    /// Sends a command to the node that has its key. A node that names another one has not executed
    /// it, so it is never executed twice.
    async fn send(&self, slot: u16, command: Cmd) -> Result<Value, Failure> {
        let mut node = self.lock().nodes.get(&slot).cloned();
        let mut is_asking = false;
        for _ in 0..=MAX_REDIRECTS {
            let asked = Asked::new(self, slot, node.is_none());
            let connection = self.connection(node.as_ref()).await?;
            let answer = if is_asking {
                connection.send_asking(command.clone()).await?
            } else {
                connection.send(command.clone()).await?
            };
            let Some(redirect) = Redirect::of(&answer) else {
                if checked(answer.clone()).is_ok() {
                    asked.has_answered();
                }
                return Ok(answer);
            };
            asked.has_answered();
            let address = self.template.address.at(redirect.node);
            is_asking = redirect.is_asking;
            if !is_asking {
                self.lock().nodes.insert(slot, address.clone());
            }
            node = Some(address);
        }
        Err(Failure::OtherNode)
    }

    async fn connection(&self, node: Option<&Address>) -> Result<Arc<dyn Connection>, Failure> {
        let Some(address) = node else {
            return Ok(Arc::clone(&self.entry));
        };
        let slot = self.slot(address)?;
        slot.connection().await
    }

    fn slot(&self, address: &Address) -> Result<Arc<Slot>, Failure> {
        let allowed = address.check(self.allow_plain_tcp);
        allowed.map_err(|_| Failure::InsecureNode)?;
        let mut known = self.lock();
        if let Some(slot) = known.connections.get(address) {
            return Ok(Arc::clone(slot));
        }
        if known.connections.len() >= MAX_NODES {
            return Err(Failure::OtherNode);
        }
        let server = Server {
            address: address.clone(),
            settings: self.template.settings.clone(),
        };
        let slot = Arc::new(Slot::new(Arc::new(Single(server))));
        let opened = Arc::clone(&slot);
        known.connections.insert(address.clone(), opened);
        Ok(slot)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A node that is asked. If it does not answer before the time limit, or only with an error, the
/// next command for the slot asks another one which node has it now.
struct Asked<'n> {
    nodes: &'n Nodes,
    slot: u16,
    is_entry: bool,
    has_answered: bool,
}

impl<'n> Asked<'n> {
    const fn new(nodes: &'n Nodes, slot: u16, is_entry: bool) -> Self {
        Self {
            nodes,
            slot,
            is_entry,
            has_answered: false,
        }
    }

    fn has_answered(mut self) {
        self.has_answered = true;
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.has_answered {
            return;
        }
        if self.is_entry {
            self.nodes.is_closed.store(true, Ordering::Relaxed);
        }
        self.nodes.lock().nodes.remove(&self.slot);
    }
}
