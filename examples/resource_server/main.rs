//! An HTTP and gRPC service that requires tokens, of any OpenID Connect provider or of an issuer
//! that it starts itself.
//!
//! ```text
//! cargo run --release --example resource_server --features axum,config,redis,testing
//! ```
//!
//! prints `curl` commands to paste into another terminal, each with the expected status. To use
//! your own provider, pass its issuer URL and the audience of your tokens after `--`:
//!
//! ```text
//! … --features axum,config,redis,testing -- --issuer https://login.example.com/ \
//!   --audience https://api.example.com
//! ```
//!
//! | route | requires | response |
//! |---|---|---|
//! | `GET /public` | nothing | 200 |
//! | `GET /whoami` | a token | 200 and all claims; 401; 503 while the keys are unavailable |
//! | `DELETE /account` | a token whose user has signed in within five minutes | 200; 401 with `max_age` (RFC 9470) |
//! | gRPC `grpc.health.v1.Health` | a token | `SERVING`; 16 `UNAUTHENTICATED`; 14 `UNAVAILABLE` |
//! | `GET /healthz` | nothing | 200 and the status: `ready`, `degraded` or `not_ready`; for peers on this host, also the state of the keys, and of revocations |
//! | `GET /.well-known/oauth-protected-resource…`, with `--resource` | nothing | 200 and the metadata of the resource (RFC 9728) |
//!
//! `--dpop optional` also accepts tokens that are bound to a key of the client (DPoP, RFC 9449);
//! without it, they are rejected. With an issuer of its own, it also prints a command with such a
//! token and a proof. With `--redis`, there are more routes, whose effect all instances share:
//!
//! | route | requires | response |
//! |---|---|---|
//! | `POST /sign-out` | a token | 204: all instances reject this token from now on; 503: maybe only this one does; 400 without a token |
//! | `POST /sign-out-everywhere` | a token | the same for all tokens of the user; 503 while the list of revocations is stale |
//! | `GET /once` | a token that no instance has accepted here before | 200; 401; 503 while Redis is unavailable |
//! | `POST /backchannel-logout` | a logout token of the issuer | 200; 400; 503. With `--logout-client` only |
//!
//! `--config FILE` takes all settings of the layer from a TOML file (`docs/configuration.md`).
//! `--help` prints the options. With `RUST_LOG=tower_jwt_auth=debug` the log
//! says why a request was rejected.

mod auth;
mod config;
mod demo;
mod dpop_options;
mod help;
mod issuer_options;
mod options;
mod redis_options;
mod reload;
mod routes;
mod sharing;
mod shutdown;
mod usage_error;
mod values;

use std::io::{self, IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower_jwt_auth::Authenticator;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::auth::Auth;
use crate::demo::Demo;
use crate::options::{Command, Options};
use crate::usage_error::UsageError;

const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Why the program exits with an error.
#[derive(Debug)]
enum Failure {
    Usage(UsageError),
    Io(String, io::Error),
}

fn main() -> ExitCode {
    match Options::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            let printed = io::stdout().write_all(help::HELP.as_bytes());
            let failed = |error| Failure::Io("can't print".to_owned(), error);
            exit_code(printed.map_err(failed))
        }
        Ok(Command::Serve(options)) => exit_code(run(*options)),
        Err(error) => exit_code(Err(Failure::Usage(error))),
    }
}

fn exit_code(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(error)) => {
            let hint = if error.is_about_options() {
                " (see --help)"
            } else {
                ""
            };
            eprintln!("resource_server: {error}{hint}");
            ExitCode::from(2)
        }
        Err(Failure::Io(action, error)) => {
            eprintln!("resource_server: {action}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Failure> {
    log_to_stderr();
    let runtime = Runtime::new().map_err(|error| Failure::Io("can't start".to_owned(), error))?;
    let result = runtime.block_on(start(options));
    // A DNS lookup may still be blocked on a thread; the program exits without waiting for it.
    runtime.shutdown_background();
    result
}

fn log_to_stderr() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

async fn start(options: Options) -> Result<(), Failure> {
    if options.is_demo() {
        let demo = Demo::start()
            .await
            .map_err(|error| Failure::Io("can't start the issuer".to_owned(), error))?;
        let layer = demo.layer(&options.dpop).map_err(Failure::Usage)?;
        let auth = Auth {
            layer,
            sharing: None,
            secrets: Vec::new(),
        };
        let commands = |address| demo.commands(address, &options.dpop);
        serve(options.listen, auth, commands).await
    } else {
        let auth = options.auth().map_err(Failure::Usage)?;
        let reloaded = reload::at_hangup(auth.secrets.clone());
        reloaded.map_err(|error| Failure::Io("can't start".to_owned(), error))?;
        tokio::spawn(fetch_keys(auth.layer.authenticator().clone()));
        if let Some(sharing) = &auth.sharing {
            tokio::spawn(fetch_keys(sharing.authenticator().clone()));
        }
        let routes = routes::listing(&auth, !options.redis.logout_clients.is_empty());
        serve(options.listen, auth, |_| routes).await
    }
}

/// Serves until Ctrl-C or SIGTERM. Prints the address and the instructions for it.
async fn serve(
    listen: Option<SocketAddr>,
    auth: Auth,
    instructions: impl FnOnce(SocketAddr) -> String,
) -> Result<(), Failure> {
    let listener = bind(listen).await?;
    let served = async {
        let address = listener.local_addr()?;
        let shutdown = shutdown::signal()?;
        announce(address, &instructions(address))?;
        shutdown::serve_until(shutdown, listener, routes::app(auth)).await
    };
    served
        .await
        .map_err(|error| Failure::Io("can't serve".to_owned(), error))
}

/// Listens on the given address, or else on the default one. If the default port is in use, any
/// free port will do; an address from the command line is never replaced.
async fn bind(listen: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    let wanted = listen.unwrap_or(DEFAULT_ADDRESS);
    let bound = match TcpListener::bind(wanted).await {
        Err(error) if listen.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            tracing::warn!("{wanted} is taken: using a free port (--listen chooses one)");
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
        }
        bound => bound,
    };
    bound.map_err(|error| Failure::Io(format!("can't listen on {wanted}"), error))
}

fn announce(address: SocketAddr, instructions: &str) -> io::Result<()> {
    let text = format!("listening on http://{address}\n{instructions}");
    let mut out = io::stdout().lock();
    // At once: who reads the first line only may close the pipe then.
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Fetches the keys that are not in files, in the background: an issuer outage must not keep this
/// service from starting.
async fn fetch_keys(authenticator: Authenticator) {
    if authenticator.prefetch().await.is_ok() {
        tracing::info!("every issuer has keys");
        return;
    }
    for issuer in authenticator
        .health()
        .iter()
        .filter(|issuer| !issuer.serving)
    {
        tracing::warn!(
            issuer = issuer.issuer,
            "no keys yet: until they are fetched, its tokens are answered with 503"
        );
    }
}
