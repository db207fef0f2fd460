//! Child processes. They end when they are dropped.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// The timeout of each step. Long, because the machine may be busy.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

pub(crate) fn program(variable: &str) -> Option<OsString> {
    std::env::var_os(variable).filter(|program| !program.is_empty())
}

pub(crate) fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).kill_on_drop(true);
    command.spawn().expect("the program starts")
}

/// Starts the example, and waits until it listens. Returns its address.
pub(crate) async fn operated(arguments: &[String], log: &Path) -> (Child, String) {
    let log = std::fs::File::create(log).expect("a log");
    let mut command = Command::new(example());
    command
        .args(["--fast", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .env("OPERATED_CLIENT", "operated:a-secret-of-this-test")
        .stdout(Stdio::piped())
        .stderr(log);
    let mut child = spawn(&mut command);
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let first = timeout(TIMEOUT, lines.next_line())
        .await
        .expect("it starts in time");
    let first = first.expect("it can be read").expect("it listens");
    // The rest is read, too: a server that can't print it ends.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let address = first.strip_prefix("listening on http://");
    let address = address.expect("the first line has the address").to_owned();
    (child, address)
}

/// Returns the path of the example, which is beside this test: `target/PROFILE/deps/THIS` and
/// `target/PROFILE/examples/operated`.
fn example() -> PathBuf {
    let this = std::env::current_exe().expect("this has a path");
    let profile = this.parent().and_then(|deps| deps.parent());
    profile
        .expect("cargo's folder")
        .join("examples")
        .join("operated")
}

/// Redis on loopback, which can be stopped and started again.
pub(crate) struct Redis {
    program: OsString,
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

impl Redis {
    /// Returns `None` if there is no program.
    pub(crate) async fn start() -> Option<Self> {
        let mut redis = Self {
            program: program("REDIS_SERVER_PROGRAM")?,
            port: free_port(),
            folder: tempfile::tempdir().expect("a folder"),
            child: None,
        };
        redis.resume().await;
        Some(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) const fn is_stopped(&self) -> bool {
        self.child.is_none()
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.expect("it ends");
        }
    }

    pub(crate) async fn resume(&mut self) {
        let mut command = Command::new(&self.program);
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null());
        self.child = Some(spawn(&mut command));
        connect(self.port).await;
    }
}

/// Waits until something listens at a port.
pub(crate) async fn connect(port: u16) {
    let connected = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(TIMEOUT, connected)
        .await
        .expect("it listens in time");
}
