//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

pub(crate) const USAGE: &str = "\
usage: operated [--issuer URL [--audience TEXT]] [options]

  --issuer URL          an issuer with OpenID Connect discovery; without it, one is started
  --audience TEXT       the audience of its tokens (default: https://api.example)
  --listen ADDRESS      where to listen (default: 127.0.0.1:8080)
  --secrets FOLDER      secrets that tokens of https://internal.example are signed with
  --introspection URL   an endpoint that is asked about opaque tokens, whose credentials are
                        in OPERATED_CLIENT (id:secret); its issuer is the URL's origin
  --redis URL           used DPoP proofs and revocations are shared there
  --fast                seconds in place of minutes and hours, to watch what outages do
  --help                print this";

/// What the command line asks for.
pub(crate) enum Command {
    Help,
    Serve(Options),
}

pub(crate) struct Options {
    /// `None` in the demonstration.
    pub(crate) issuer: Option<String>,
    pub(crate) audience: String,
    pub(crate) listen: SocketAddr,
    pub(crate) secrets: Option<PathBuf>,
    pub(crate) introspection: Option<String>,
    pub(crate) redis: Option<String>,
    pub(crate) is_fast: bool,
}

impl Options {
    pub(crate) fn parse(mut parser: Parser) -> Result<Command, lexopt::Error> {
        let mut options = Self {
            issuer: None,
            audience: "https://api.example".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            secrets: None,
            introspection: None,
            redis: None,
            is_fast: false,
        };
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long("issuer") => options.issuer = Some(parser.value()?.string()?),
                Arg::Long("audience") => options.audience = parser.value()?.string()?,
                Arg::Long("listen") => options.listen = parser.value()?.parse()?,
                Arg::Long("secrets") => options.secrets = Some(parser.value()?.into()),
                Arg::Long("introspection") => {
                    options.introspection = Some(parser.value()?.string()?);
                }
                Arg::Long("redis") => options.redis = Some(parser.value()?.string()?),
                Arg::Long("fast") => options.is_fast = true,
                other => return Err(other.unexpected()),
            }
        }
        Ok(Command::Serve(options))
    }
}
