//! The issuer: a child process that is killed and started again, and told what to do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::server::{LIMIT, signal};

/// How often the issuer was asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fetches {
    pub(crate) keys: u64,
    pub(crate) metadata: u64,
}

/// The issuer. Its name and port stay the same through all its lives.
pub(crate) struct Issuer {
    address: SocketAddr,
    /// The last of each kind, also for the next life.
    orders: BTreeMap<String, String>,
    earlier: Fetches,
    life: Option<Life>,
}

struct Life {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    fetches: Fetches,
}

impl Issuer {
    pub(crate) const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            orders: BTreeMap::new(),
            earlier: Fetches {
                keys: 0,
                metadata: 0,
            },
            life: None,
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("http://{}", self.address)
    }

    /// This program again, in its other part.
    pub(crate) async fn start(&mut self) {
        let mut command = Command::new(std::env::current_exe().expect("this has a path"));
        command.args(["--issue", &self.address.to_string()]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the issuer starts");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut life = Life {
            child,
            input,
            output,
            fetches: Fetches::default(),
        };
        let mut orders: Vec<_> = self
            .orders
            .iter()
            .map(|(verb, rest)| format!("{verb} {rest}"))
            .collect();
        orders.push("start".to_owned());
        life.fetches = timeout(LIMIT, life.tell(&orders.join("\n")))
            .await
            .expect("the issuer starts in time");
        self.life = Some(life);
    }

    /// Done when the issuer has done it. One that isn't running does it when it is.
    pub(crate) async fn order(&mut self, verb: &str, rest: &str) {
        self.orders.insert(verb.to_owned(), rest.to_owned());
        self.tell(&format!("{verb} {rest}")).await;
    }

    /// No metadata but its own.
    pub(crate) async fn tell_the_truth(&mut self) {
        let name = self.name();
        self.order("metadata", &format!("{name} {name}/jwks")).await;
        self.order("metadata-fault", "none").await;
        self.order("openid", "on").await;
    }

    /// Nothing wrong at all.
    pub(crate) async fn behave(&mut self) {
        self.tell_the_truth().await;
        self.order("fault", "none").await;
    }

    /// What the server meets between two faults, so that it never comes through to the valid keys.
    pub(crate) async fn fail(&mut self) {
        self.order("fault", "status 500").await;
    }

    async fn tell(&mut self, line: &str) {
        if let Some(life) = &mut self.life {
            life.fetches = timeout(LIMIT, life.tell(line))
                .await
                .expect("the issuer answers in time");
        }
    }

    pub(crate) async fn fetches(&mut self) -> Fetches {
        self.tell("count").await;
        self.known_fetches()
    }

    /// As far as it told before it was last killed.
    pub(crate) fn known_fetches(&self) -> Fetches {
        let now = self
            .life
            .as_ref()
            .map(|life| life.fetches)
            .unwrap_or_default();
        Fetches {
            keys: self.earlier.keys + now.keys,
            metadata: self.earlier.metadata + now.metadata,
        }
    }

    /// SIGKILL: no good-byes.
    pub(crate) async fn kill(&mut self) {
        self.earlier = self.fetches().await;
        if let Some(mut life) = self.life.take() {
            life.child.kill().await.expect("it was running");
        }
    }

    /// SIGSTOP and SIGCONT: the kernel takes connections on, and no response comes.
    pub(crate) async fn signal(&self, name: &str) {
        let process = self.life.as_ref().and_then(|life| life.child.id());
        signal(name, process.expect("it runs")).await;
    }
}

impl Life {
    async fn tell(&mut self, command: &str) -> Fetches {
        self.input
            .write_all(format!("{command}\n").as_bytes())
            .await
            .expect("the issuer listens");
        let line = self
            .output
            .next_line()
            .await
            .expect("it can be read")
            .expect("the issuer answers");
        let mut words = line
            .strip_prefix("ok ")
            .expect("it obeys")
            .split(' ')
            .map(|word| word.parse().unwrap());
        Fetches {
            keys: words.next().unwrap(),
            metadata: words.next().unwrap(),
        }
    }
}
