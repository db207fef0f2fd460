//! The options of the command line.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use lexopt::{Arg, Parser, ValueExt as _};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) time: Duration,
    pub(crate) seed: u64,
    pub(crate) clients: u64,
}

pub(crate) enum Command {
    /// Serve as the issuer at this address.
    Issue(SocketAddr),
    Run(Options),
    /// Started by `cargo test`, perhaps with the name of another test.
    Nothing,
    Invalid(String),
}

impl Command {
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Self {
        let mut args = args.peekable();
        match args
            .next_if(|arg| arg == "--run" || arg == "--issue")
            .as_deref()
        {
            Some("--run") => Options::parse(Parser::from_args(args))
                .map_or_else(|error| Self::invalid(&error), Self::Run),
            Some(_) => args
                .next()
                .unwrap_or_default()
                .parse()
                .map_or_else(|error| Self::invalid(&error), Self::Issue),
            None => Self::Nothing,
        }
    }

    fn invalid(error: &impl ToString) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl Options {
    fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut options = Self {
            time: Duration::from_secs(120),
            seed: seed_from_clock(),
            clients: 32,
        };
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("seconds") => {
                    options.time = Duration::from_secs(parser.value()?.parse()?);
                }
                Arg::Long("seed") => options.seed = parser.value()?.parse()?,
                Arg::Long("clients") => options.clients = parser.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        Ok(options)
    }
}

fn seed_from_clock() -> u64 {
    SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(1, |time| time.as_secs())
}
