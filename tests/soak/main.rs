//! Load and faults with real processes: `tests/soak/run.sh` runs it, `cargo test` only builds it.
//!
//! The `resource_server` example is a child process, and so is its issuer, which is killed,
//! stopped, rotated, slowed and made to lie while clients send good, bad and hostile requests. An
//! oracle that made every token, and knows what the issuer was told to do, judges every answer. See
//! `book.rs` for what it knows and `verdict.rs` for how it judges.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "in a test a clear panic beats an error to handle"
)]
#![cfg_attr(not(unix), allow(dead_code, reason = "it needs signals"))]

mod allowed;
mod book;
mod client;
mod fault;
mod forge;
mod generation;
mod grpc;
mod health;
mod hostile;
mod http;
mod issuer;
mod options;
mod provider;
mod random;
mod report;
mod run;
mod scene;
mod schedule;
mod server;
mod shot;
mod tally;
mod verdict;
mod wait;
mod watch;

use std::process::ExitCode;

use crate::options::{Command, Options};

fn main() -> ExitCode {
    match Command::parse(std::env::args().skip(1)) {
        Command::Issue(address) => issuer::serve(address),
        Command::Run(options) => start(options),
        Command::Nothing => {
            println!("the soak was not run: tests/soak/run.sh runs it");
            ExitCode::SUCCESS
        }
        Command::Mistake(message) => {
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
    eprintln!("soak: it stops and ends processes by signals, which this system doesn't have");
    ExitCode::from(2)
}
