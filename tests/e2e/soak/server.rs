//! The server as a child process.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The timeout of each step. Long, because the machine may be busy.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) process: u32,
    pub(crate) log: Arc<Mutex<Log>>,
    child: Child,
}

/// What the checks need of the server's log, which is long.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) lines: u64,
    /// The beginnings of the first lines that contain a forbidden text.
    pub(crate) leaks: Vec<String>,
    pub(crate) panics: Vec<String>,
    pub(crate) last: VecDeque<String>,
    forbidden: Vec<String>,
}

impl Server {
    /// Starts the example and waits until it listens.
    pub(crate) async fn start(args: &[&str], forbidden: Vec<String>) -> Self {
        let mut command = Command::new(example());
        command
            .args(["--listen", "127.0.0.1:0"])
            .args(args)
            .env("RUST_LOG", "info,tower_jwt_auth=debug");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the example starts");
        let log = Arc::new(Mutex::new(Log {
            forbidden,
            ..Log::default()
        }));
        tokio::spawn(collect(
            Arc::clone(&log),
            child.stderr.take().expect("it is piped"),
        ));
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = timeout(TIMEOUT, lines.next_line())
            .await
            .expect("it starts in time")
            .expect("it can be read");
        let first =
            first.unwrap_or_else(|| panic!("it ended at once: {:?}", log.lock().unwrap().last));
        // The rest is read, too: a server that can't print it ends.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let address = first
            .strip_prefix("listening on http://")
            .expect("the first line tells the address");
        let address = address.parse().expect("an address");
        Self {
            address,
            process: child.id().expect("it runs"),
            log,
            child,
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends SIGTERM and waits until the process ends.
    pub(crate) async fn terminate(&mut self) -> Option<ExitStatus> {
        signal("TERM", self.process).await;
        timeout(TIMEOUT, self.child.wait()).await.ok()?.ok()
    }
}

/// Returns the path of the example, which is beside this test: `target/PROFILE/deps/THIS` and
/// `target/PROFILE/examples/resource_server`.
fn example() -> PathBuf {
    let this = std::env::current_exe().expect("this has a path");
    let profile = this
        .parent()
        .and_then(|deps| deps.parent())
        .expect("cargo's folder");
    profile.join("examples").join("resource_server")
}

async fn collect(log: Arc<Mutex<Log>>, stream: impl AsyncRead + Unpin) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().unwrap().add(line);
    }
}

impl Log {
    fn add(&mut self, line: String) {
        self.lines += 1;
        if self.forbidden.iter().any(|word| line.contains(word)) {
            note(&mut self.leaks, &line);
        }
        if line.contains("panicked") {
            note(&mut self.panics, &line);
        }
        self.last.push_back(line);
        if self.last.len() > 20 {
            self.last.pop_front();
        }
    }
}

fn note(lines: &mut Vec<String>, line: &str) {
    if lines.len() < 3 {
        lines.push(line.chars().take(100).collect());
    }
}

pub(crate) async fn signal(name: &str, process: u32) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status()
        .await;
    assert!(
        sent.expect("there is `kill`").success(),
        "{name} was not sent"
    );
}
