//! Redis as a process on loopback.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ::redis::{Client, Cmd, FromRedisValue};
use tempfile::TempDir;

/// A running server. It ends when it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    password: &'static str,
    folder: TempDir,
    process: Child,
}

impl Server {
    /// Returns `None` if there is no program.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with these arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Option<Self> {
        let program = std::env::var_os("REDIS_SERVER_PROGRAM")?;
        let port = free_port();
        let folder = tempfile::tempdir().unwrap();
        let process = run(program.as_ref(), &folder, port, arguments);
        let password = arguments
            .iter()
            .position(|option| *option == "--requirepass");
        let server = Self {
            port,
            password: match password {
                Some(index) => leak(arguments[index + 1]),
                None => "",
            },
            folder,
            process,
        };
        server.wait_until(|answer: &Result<String, _>| answer.is_ok());
        Some(server)
    }

    /// Starts a sentinel that monitors a primary under this name, with a quorum of one.
    pub(crate) fn start_sentinel(name: &str, primary: &Self) -> Option<Self> {
        let program = std::env::var_os("REDIS_SERVER_PROGRAM")?;
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let settings = folder.path().join("sentinel.conf");
        std::fs::write(
            &settings,
            format!(
                "port {port}\nbind 127.0.0.1\ndir {}\n\
                 sentinel monitor {name} 127.0.0.1 {} 1\n\
                 sentinel down-after-milliseconds {name} 500\n\
                 sentinel failover-timeout {name} 2000\n",
                folder.path().display(),
                primary.port
            ),
        )
        .unwrap();
        let mut command = Command::new(program);
        command.arg(settings).arg("--sentinel");
        let server = Self {
            port,
            password: "",
            folder,
            process: command.stdout(Stdio::null()).spawn().unwrap(),
        };
        server.wait_until(Result::is_ok);
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again, on the same port and with the same files.
    pub(crate) fn restart(&mut self, arguments: &[&str]) {
        let program = std::env::var_os("REDIS_SERVER_PROGRAM").unwrap();
        self.process = run(program.as_ref(), &self.folder, self.port, arguments);
    }

    /// Waits until it answers `PING` in this way.
    pub(crate) fn wait_until(&self, is_expected: impl Fn(&::redis::RedisResult<String>) -> bool) {
        for _ in 0..500 {
            if is_expected(&self.try_command("PING")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("Redis does not answer as expected");
    }

    /// Stops it in the middle of whatever it does: connections stay open, and nothing is answered.
    pub(crate) fn hang(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// Sends a command whose words are separated by spaces.
    pub(crate) fn command<T: FromRedisValue>(&self, words: &str) -> T {
        self.try_command(words).unwrap()
    }

    pub(crate) fn try_command<T: FromRedisValue>(&self, words: &str) -> ::redis::RedisResult<T> {
        let url = match self.password {
            "" => self.url(),
            password => format!("redis://:{password}@127.0.0.1:{}", self.port),
        };
        let mut connection = Client::open(url)?.get_connection()?;
        let mut command = Cmd::new();
        for word in words.split(' ') {
            command.arg(word);
        }
        command.query(&mut connection)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.into())
}

fn run(program: &std::path::Path, folder: &TempDir, port: u16, arguments: &[&str]) -> Child {
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.args(["--port", &port.to_string(), "--dir"]);
    command.arg(folder.path()).args(arguments);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// Returns a port that no other test gets, also while nothing listens there, and that is none of those
/// which the system gives to clients.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let next = std::process::id() + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(10_000 + next % 20_000).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
