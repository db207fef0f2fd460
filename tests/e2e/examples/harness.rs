//! Runs the examples as processes that end with their test. Every step has a time limit.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::MutexGuard;
use tower_jwt_auth::testing::{DpopClient, TestIssuer};

pub(crate) const AUDIENCE: &str = "https://api.example";
/// The time limit of each step. It is generous, because the machine may be busy.
const LIMIT: Duration = Duration::from_secs(30);

/// A running example, killed when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    log: Log,
    client: Client,
}

/// What an example writes to its standard error.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Returns the command of an example. This test is `target/PROFILE/deps/THIS`, and the example is
/// `target/PROFILE/examples/NAME`.
pub(crate) fn example(name: &str) -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} does not exist: run `cargo build --examples --features full`",
        path.display()
    );
    let mut command = Command::new(path);
    command
        .env_remove("RUST_LOG")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs an example until it ends, and returns its output.
pub(crate) async fn run(name: &str, args: &[&str]) -> Output {
    in_time(example(name).args(args).output()).await.unwrap()
}

/// Runs an example with a variable of its environment, and returns its output.
pub(crate) async fn run_with_variable(
    name: &str,
    args: &[&str],
    (variable, value): (&str, &Path),
) -> Output {
    let mut command = example(name);
    command.args(args).env(variable, value);
    in_time(command.output()).await.unwrap()
}

/// Runs an example with this text on its standard input, and returns its output.
pub(crate) async fn run_with_input(name: &str, args: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = example(name)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // An example that ends without reading it closes the pipe.
    let _ = in_time(stdin.write_all(input.as_ref())).await;
    drop(stdin);
    in_time(child.wait_with_output()).await.unwrap()
}

pub(crate) async fn in_time<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(LIMIT, step)
        .await
        .expect("the step exceeded its time limit")
}

/// Takes the default port of the examples until the result is dropped, unless another program has
/// it. One test at a time.
pub(crate) async fn default_port_in_use() -> (MutexGuard<'static, ()>, Option<TcpListener>) {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let turn = TURN.lock().await;
    (turn, TcpListener::bind("127.0.0.1:8080").await.ok())
}

impl Server {
    /// Starts an example, and waits until it prints its address.
    pub(crate) async fn start(name: &str, args: &[&str]) -> Self {
        let mut child = example(name)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Log::default();
        tokio::spawn(log.clone().keep(child.stderr.take().unwrap()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = in_time(lines.next_line())
            .await
            .unwrap()
            .expect("the example ended without printing an address");
        let url = first
            .strip_prefix("listening on ")
            .expect("the first line states the address")
            .to_owned();
        let client = Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
        Self {
            url,
            child,
            lines,
            log,
            client,
        }
    }

    /// Starts the resource server on a free port.
    pub(crate) async fn resource_server(args: &[&str]) -> Self {
        Self::start(
            "resource_server",
            &[&["--listen", "127.0.0.1:0"], args].concat(),
        )
        .await
    }

    /// Starts the resource server with `issuer` as its first trusted issuer.
    pub(crate) async fn trusting(issuer: &TestIssuer, more: &[&str]) -> Self {
        Self::resource_server(
            &[&["--issuer", issuer.issuer(), "--audience", AUDIENCE], more].concat(),
        )
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(path, None).await
    }

    pub(crate) async fn whoami(&self, token: &str) -> Answer {
        self.request("/whoami", Some(token)).await
    }

    pub(crate) async fn request(&self, path: &str, token: Option<&str>) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url));
        let request = if let Some(token) = token {
            request.bearer_auth(token)
        } else {
            request
        };
        Self::answer(request).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Answer {
        let request = self.client.delete(format!("{}{path}", self.url));
        Self::answer(request.bearer_auth(token)).await
    }

    /// Sends `GET` with this token, which is bound to the client's key, and a proof for this URI.
    pub(crate) async fn get_bound(
        &self,
        path: &str,
        client: &DpopClient,
        token: &str,
        uri: &str,
    ) -> Answer {
        let proof = client.proof("GET", uri, token).sign();
        self.get_with_proof(path, token, &proof).await
    }

    /// Sends `GET` with this token and this proof, which were printed.
    pub(crate) async fn get_with_proof(&self, path: &str, token: &str, proof: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url));
        let request = request.header(AUTHORIZATION, format!("DPoP {token}"));
        Self::answer(request.header("dpop", proof)).await
    }

    async fn answer(request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer {
            status,
            headers,
            body: response.text().await.unwrap(),
        }
    }

    /// Returns the next printed lines, up to the one that starts with `start`.
    pub(crate) async fn printed_until(&mut self, start: &str) -> Vec<String> {
        let mut printed = Vec::new();
        while printed
            .last()
            .is_none_or(|line: &String| !line.starts_with(start))
        {
            printed.push(
                in_time(self.lines.next_line())
                    .await
                    .unwrap()
                    .expect("a line that starts so"),
            );
        }
        printed
    }

    /// Waits until the log contains `text`.
    pub(crate) async fn logged(&self, text: &str) {
        in_time(async {
            while !self.log.0.lock().unwrap().contains(text) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Returns what was logged until now.
    pub(crate) fn log(&self) -> String {
        self.log.0.lock().unwrap().clone()
    }

    /// Sends a signal (`TERM` or `INT`), and waits until the process ends.
    #[cfg(unix)]
    pub(crate) async fn end_by(mut self, signal: &str) -> ExitStatus {
        self.send_signal(signal).await;
        in_time(self.child.wait()).await.unwrap()
    }

    /// Sends a signal, such as `HUP`.
    #[cfg(unix)]
    pub(crate) async fn send_signal(&self, signal: &str) {
        let process = self.child.id().expect("the process is running").to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &process])
            .status();
        assert!(in_time(sent).await.unwrap().success());
    }
}

impl Log {
    async fn keep(self, stream: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut log = self.0.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    }
}

/// Shows the log of the example if the test failed.
impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} wrote:\n{}", self.url, self.log.0.lock().unwrap());
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn challenge(&self) -> &str {
        self.headers
            .get(WWW_AUTHENTICATE)
            .map_or("none", |challenge| challenge.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn assert_accepted(&self) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
    }

    #[track_caller]
    pub(crate) fn assert_rejected(&self) {
        assert_eq!(self.status, StatusCode::UNAUTHORIZED, "{self:?}");
        assert!(
            self.challenge()
                .starts_with("Bearer error=\"invalid_token\""),
            "{self:?}"
        );
    }
}
