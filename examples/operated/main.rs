//! A server as it is run in production: metrics for Prometheus, probes for Kubernetes, and a start
//! that does not depend on the issuer.
//!
//! Without options, an issuer of the test kit is started, too, and commands to paste are printed:
//!
//! ```sh
//! cargo run --example operated --features axum,metrics,redis,testing
//! ```
//!
//! | path | token | |
//! |---|---|---|
//! | `/me` | yes | the caller's subject |
//! | `/admin` | yes, with the scope `admin` | |
//! | `/metrics` | no | the metrics, in the format of Prometheus |
//! | `/livez` | no | 200: the process answers. For the liveness probe |
//! | `/readyz` | no | 200 if requests can be served, also with stale keys; else 503. For the readiness probe |
//! | `/healthz` | no | 200 with the state: `ready`, `degraded` or `not_ready`. For people |
//!
//! With `--fast --outage-after 15`, that issuer stops after 15 s, for a minute: the server becomes
//! degraded, then not ready, then ready again (`docs/health.md`).
//!
//! In production, an ingress should pass `/me` and `/admin` only. `--admin-listen 0.0.0.0:9090` puts
//! the others on a port of their own, which Prometheus and Kubernetes reach at the pod's address and
//! no ingress passes. There, the probes show the reasons. `--help` prints the options.
//! `docs/observability` has a dashboard, alert rules and a runbook for this server, and
//! `docs/health.md` says what the probes mean.

mod auth;
mod demo;
mod options;
mod probes;
mod routes;
mod telemetry;

use std::io::{self, IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use tokio::net::TcpListener;
use tower_jwt_auth::JwtAuthLayer;

use crate::demo::Demo;
use crate::options::{Command, Options, USAGE};
use crate::routes::Routes;
use crate::telemetry::Telemetry;

const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Fetches the keys before the first request, and starts without them if that fails: until they are
/// there, `/readyz` is 503.
async fn prefetch(auth: &JwtAuthLayer) {
    if let Err(error) = auth.authenticator().prefetch().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "starting without keys"
        );
    }
}

/// Returns a future that completes at Ctrl-C or SIGTERM, which Kubernetes sends. Requests in
/// progress are then completed.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Listens on the given address, or else on the default one or a free port.
async fn listener(listen: Option<SocketAddr>) -> Result<TcpListener> {
    if let Some(address) = listen {
        return bind(address).await;
    }
    match TcpListener::bind(DEFAULT_ADDRESS).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            tracing::warn!("{DEFAULT_ADDRESS} is in use: using a free port (--listen chooses one)");
            bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
        }
        bound => bound.map_err(|error| cannot_listen(DEFAULT_ADDRESS, &error)),
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| cannot_listen(address, &error))
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Box<dyn std::error::Error> {
    format!("can't listen on {address}: {error}").into()
}

/// Prints where the server listens, at once: who reads the first line only may close the pipe then.
fn announce(address: SocketAddr, admin: Option<SocketAddr>, demo: Option<&Demo>) -> io::Result<()> {
    let listening = format!("listening on http://{address}\n");
    let metrics = admin.map(|admin| format!("metrics and probes on http://{admin}\n"));
    let commands = demo.map(|demo| demo.commands(address, admin.unwrap_or(address)));
    let text = listening + &metrics.unwrap_or_default() + &commands.unwrap_or_default();
    io::stdout().write_all(text.as_bytes())
}

async fn serve(mut options: Options) -> Result<()> {
    let demo = match options.issuer {
        Some(_) => None,
        None => Some(Demo::start(&mut options).await?),
    };
    let telemetry = Telemetry::install()?;
    let auth = auth::build(&options, &telemetry)?;
    prefetch(&auth.layer).await;
    let listener = listener(options.listen).await?;
    let address = listener.local_addr()?;
    let admin_listener = match options.admin_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let admin = admin_listener.as_ref().map(TcpListener::local_addr);
    let admin = admin.transpose()?;
    announce(address, admin, demo.as_ref())?;
    if let Some((demo, after)) = demo.as_ref().zip(options.outage_after) {
        demo.schedule_outage(after, options.outage_for);
    }
    let stop = stop_signal()?;
    let Routes { app, admin } = routes::routes(auth, telemetry, admin_listener.is_some())?;
    let Some(admin_listener) = admin_listener else {
        let all = axum::serve(listener, app.merge(admin));
        return Ok(all.with_graceful_shutdown(stop).await?);
    };
    let requests = axum::serve(listener, app).with_graceful_shutdown(stop);
    // The probes are answered until the last request is completed.
    tokio::select! {
        served = requests.into_future() => Ok(served?),
        served = axum::serve(admin_listener, admin).into_future() => Ok(served?),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    let options = match Options::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Command::Serve(options)) => *options,
        Err(error) => {
            eprintln!("operated: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("operated: {error}");
            ExitCode::FAILURE
        }
    }
}
