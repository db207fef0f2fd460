//! Load and faults with real processes: `tests/e2e/soak/run.sh` runs it, `cargo test` only builds it.
//!
//! The `resource_server` example is a child process, and so is its issuer, which is killed,
//! stopped, rotated and slowed, and sends wrong responses, while clients send valid, invalid and
//! hostile requests. An oracle, which knows every token and every order to the issuer, determines
//! which responses are right. See `oracle.rs` for what it knows and `check.rs` for the checks.
#![cfg_attr(not(unix), allow(dead_code, reason = "the soak needs signals"))]

mod allowed;
mod case;
mod cases;
mod check;
mod fault;
mod generation;
mod grpc_client;
mod health;
mod hostile_client;
mod http;
mod http_client;
mod issuer;
mod options;
mod oracle;
mod provider;
mod random;
mod report;
mod run;
mod schedule;
mod server;
mod setup;
mod tally;
mod wait;
mod watch;

use std::process::ExitCode;

use crate::options::{Command, Options};

fn main() -> ExitCode {
    match Command::parse(std::env::args().skip(1)) {
        Command::Issue(address) => issuer::serve(address),
        Command::Run(options) => start(options),
        Command::Nothing => {
            println!("the soak was not run: use tests/e2e/soak/run.sh");
            ExitCode::SUCCESS
        }
        Command::Invalid(message) => {
            eprintln!("soak: {message}");
            ExitCode::from(2)
        }
    }
}

#[cfg(unix)]
fn start(options: Options) -> ExitCode {
    run::run(options)
}

#[cfg(not(unix))]
fn start(_: Options) -> ExitCode {
    eprintln!("soak: it stops and ends processes by signals, which this system does not have");
    ExitCode::from(2)
}
