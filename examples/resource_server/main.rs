//! An HTTP and gRPC service that takes tokens: of any OpenID Connect provider, or of an issuer that it brings along.
//!
//! ```text
//! cargo run --release --example resource_server --all-features
//! ```
//!
//! prints `curl` commands to paste into another terminal, each with the status to expect. For your own provider, give
//! its issuer URL and the audience of your tokens after `--`:
//!
//! ```text
//! … --all-features -- --issuer https://login.example.com/ --audience https://api.example.com
//! ```
//!
//! | route | needs | answers |
//! |---|---|---|
//! | `GET /public` | nothing | 200 |
//! | `GET /whoami` | a token | 200 and all its claims; 401; 503 while the issuer's keys can't be had |
//! | gRPC `grpc.health.v1.Health` | a token | `SERVING`; 16 `UNAUTHENTICATED`; 14 `UNAVAILABLE` while the keys can't be had |
//! | `GET /healthz` | nothing | 200 and the state of the keys |
//!
//! `--help` tells the options; `RUST_LOG=tower_jwt_auth=debug` makes the log say why a request was refused.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to its user"
)]

mod demo;
mod mistake;
mod options;
mod routes;
mod shutdown;
mod trust;
mod values;

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower_jwt_auth::{Authenticator, JwtAuthLayer};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::demo::Demo;
use crate::mistake::Mistake;
use crate::options::{Command, Options};

const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Why the program ends before its time.
#[derive(Debug)]
enum Failure {
    Options(Mistake),
    Io(String, io::Error),
}

fn main() -> ExitCode {
    match Options::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            print!("{}", options::HELP);
            ExitCode::SUCCESS
        }
        Ok(Command::Serve(options)) => exit_code(run(options)),
        Err(mistake) => exit_code(Err(Failure::Options(mistake))),
    }
}

fn exit_code(ended: Result<(), Failure>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Options(mistake)) => {
            eprintln!("resource_server: {mistake} (--help tells the options)");
            ExitCode::from(2)
        }
        Err(Failure::Io(what, error)) => {
            eprintln!("resource_server: {what}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Failure> {
    log_to_stderr();
    let runtime = Runtime::new().map_err(|error| Failure::Io("no runtime".to_owned(), error))?;
    let ended = runtime.block_on(start(options));
    // A look-up of a host name may still hang; nobody waits for it any more.
    runtime.shutdown_background();
    ended
}

fn log_to_stderr() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
}

async fn start(options: Options) -> Result<(), Failure> {
    if options.is_demo() {
        let demo = Demo::start()
            .await
            .map_err(|error| Failure::Io("the issuer can't start".to_owned(), error))?;
        let auth = demo.layer().map_err(Failure::Options)?;
        serve(options.listen, auth, |address| demo.commands(address)).await
    } else {
        let auth = options.layer().map_err(Failure::Options)?;
        tokio::spawn(fetch_keys(auth.authenticator().clone()));
        serve(options.listen, auth, |_| String::new()).await
    }
}

/// Serves until Ctrl-C or SIGTERM. `greeting` is printed when the address is known.
async fn serve(
    listen: Option<SocketAddr>,
    auth: JwtAuthLayer,
    greeting: impl FnOnce(SocketAddr) -> String,
) -> Result<(), Failure> {
    let listener = bind(listen).await?;
    let served = async {
        let address = listener.local_addr()?;
        let stop = shutdown::asked_to_stop()?;
        greet(address, &greeting(address))?;
        shutdown::serve_until(stop, listener, routes::app(auth)).await
    };
    served
        .await
        .map_err(|error| Failure::Io("can't serve".to_owned(), error))
}

/// The default port may be taken by somebody else, and then any other is as good; an address that was asked for is not.
async fn bind(listen: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    let wanted = listen.unwrap_or(DEFAULT_ADDRESS);
    let bound = match TcpListener::bind(wanted).await {
        Err(error) if listen.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            tracing::warn!("{wanted} is taken: taking a free port (--listen chooses one)");
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
        }
        bound => bound,
    };
    bound.map_err(|error| Failure::Io(format!("can't listen on {wanted}"), error))
}

fn greet(address: SocketAddr, greeting: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "listening on http://{address}\n{greeting}")?;
    out.flush()
}

/// Not waited for: an issuer that is down must not keep this service down.
async fn fetch_keys(authenticator: Authenticator) {
    if authenticator.prefetch().await.is_ok() {
        tracing::info!("the keys are there");
        return;
    }
    for issuer in authenticator
        .health()
        .iter()
        .filter(|issuer| !issuer.serving)
    {
        tracing::warn!(
            issuer = issuer.issuer,
            "no keys yet: until they come, its tokens are answered with 503"
        );
    }
}
