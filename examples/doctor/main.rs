//! Checks an issuer, and optionally a token, as `JwtAuthLayer` sees them, and says what to change.
//!
//! ```text
//! cargo run --example doctor --features full -- --issuer URL --audience AUD [--token-stdin]
//! ```
//!
//! The token is read from standard input, so that it is in no list of processes and in no history;
//! of it, only the members that a `Diagnosis` shows are printed. The exit code is 0 if every check
//! passes, else 1.

mod fixes;
mod input;
mod issuer;
mod options;
mod output;
mod recorder;
mod token;

use std::io::{self, Write as _};
use std::process::ExitCode;

use tower_jwt_auth::{ConfigError, JwtAuthLayer};

use crate::options::{Command, HELP, Options};
use crate::output::Output;
use crate::recorder::Recorder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = match Options::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            let printed = io::stdout().write_all(HELP.as_bytes());
            return printed.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
        Ok(Command::Check(options)) => options,
        Err(error) => {
            let _ = writeln!(io::stderr(), "doctor: {error}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    let mut output = Output::default();
    if let Err(error) = check(&options, &mut output).await {
        let error = error.to_string();
        let fix = fixes::of_configuration(&error);
        output.failed(&format!("configuration: {error}"), fix);
    }
    output.summary();
    if output.has_failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

async fn check(options: &Options, output: &mut Output) -> Result<(), ConfigError> {
    let recorder = Recorder::default();
    let issuer = options.issuer().http_client(recorder.client());
    let authenticator = JwtAuthLayer::builder(issuer).build_authenticator()?;
    output.heading(&format!("Issuer {:?}", options.issuer));
    let fetched = authenticator.prefetch().await;
    recorder::end_progress();
    issuer::report(&authenticator, &recorder, &fetched, options, output);
    if options.reads_token {
        output.heading("Token from standard input");
        token::report(&authenticator, options, output).await;
    } else if input::is_waiting() {
        output.note("standard input was not read: to check the token in it, add --token-stdin");
    }
    Ok(())
}
