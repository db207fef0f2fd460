//! The issuer as a child process, which takes orders and can be killed and started again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::server::{TIMEOUT, signal};

/// The number of requests to the issuer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fetches {
    pub(crate) keys: u64,
    pub(crate) metadata: u64,
}

/// The issuer. Its name and port stay the same when it is started again.
pub(crate) struct Issuer {
    address: SocketAddr,
    /// The last order of each verb, which the next process starts with.
    orders: BTreeMap<String, String>,
    /// The fetches from the processes before.
    earlier: Fetches,
    process: Option<Process>,
}

struct Process {
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
            process: None,
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts this program again, as the issuer.
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
        let mut process = Process {
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
        process.fetches = timeout(TIMEOUT, process.send(&orders.join("\n")))
            .await
            .expect("the issuer starts in time");
        self.process = Some(process);
    }

    /// Returns when the issuer has executed the order. If it is not running, it will when it
    /// starts.
    pub(crate) async fn order(&mut self, verb: &str, rest: &str) {
        self.orders.insert(verb.to_owned(), rest.to_owned());
        self.send(&format!("{verb} {rest}")).await;
    }

    /// Ends all faults of the metadata.
    pub(crate) async fn serve_own_metadata(&mut self) {
        let name = self.name();
        self.order("metadata", &format!("{name} {name}/jwks")).await;
        self.order("metadata-fault", "none").await;
        self.order("openid", "on").await;
    }

    /// Ends all faults.
    pub(crate) async fn end_faults(&mut self) {
        self.serve_own_metadata().await;
        self.order("fault", "none").await;
    }

    /// Responds with status 500, as between two faults, so that no fetch gets the valid keys.
    pub(crate) async fn fail(&mut self) {
        self.order("fault", "status 500").await;
    }

    async fn send(&mut self, line: &str) {
        if let Some(process) = &mut self.process {
            process.fetches = timeout(TIMEOUT, process.send(line))
                .await
                .expect("the issuer responds in time");
        }
    }

    pub(crate) async fn fetches(&mut self) -> Fetches {
        self.send("count").await;
        self.known_fetches()
    }

    /// Returns the fetches as of the last order.
    pub(crate) fn known_fetches(&self) -> Fetches {
        let now = self
            .process
            .as_ref()
            .map(|process| process.fetches)
            .unwrap_or_default();
        Fetches {
            keys: self.earlier.keys + now.keys,
            metadata: self.earlier.metadata + now.metadata,
        }
    }

    /// Ends the process by SIGKILL.
    pub(crate) async fn kill(&mut self) {
        self.earlier = self.fetches().await;
        if let Some(mut process) = self.process.take() {
            process.child.kill().await.expect("it was running");
        }
    }

    /// Sends SIGSTOP or SIGCONT. While it is stopped, the kernel accepts connections, and no
    /// response comes.
    pub(crate) async fn signal(&self, name: &str) {
        let process = self.process.as_ref().and_then(|process| process.child.id());
        signal(name, process.expect("it runs")).await;
    }
}

impl Process {
    async fn send(&mut self, command: &str) -> Fetches {
        self.input
            .write_all(format!("{command}\n").as_bytes())
            .await
            .expect("the issuer reads its input");
        let line = self
            .output
            .next_line()
            .await
            .expect("it can be read")
            .expect("the issuer responds");
        let mut words = line
            .strip_prefix("ok ")
            .expect("the issuer confirms")
            .split(' ')
            .map(|word| word.parse().unwrap());
        Fetches {
            keys: words.next().unwrap(),
            metadata: words.next().unwrap(),
        }
    }
}
