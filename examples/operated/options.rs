//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt as _};

pub(crate) const USAGE: &str = "\
usage: operated [--issuer URL --audience TEXT] [options]

  --issuer URL          an issuer with OpenID Connect discovery; without it, one is started
  --audience TEXT       the audience of its tokens (required with --issuer)
  --listen ADDRESS      where to listen (default: 127.0.0.1:8080, or a free port if that one is in
                        use)
  --admin-listen ADDR   where to serve /metrics and the probes, with reasons, in place of --listen;
                        must be reachable for Prometheus and Kubernetes only
  --secrets DIR         secrets that tokens of https://internal.example are signed with
  --introspection URL   an endpoint that is asked about opaque tokens, whose credentials are
                        in OPERATED_CLIENT (id:secret); its issuer is the URL's origin
  --redis URL           used DPoP proofs and revocations are shared there
  --nonce-key FILE      DPoP proofs need a nonce, which is authenticated by the key in FILE: 32 or
                        more random bytes in base64url, the same for all instances. Without it,
                        proofs need a nonce of this process, or with --redis none
  --fast                seconds in place of minutes and hours, to watch what outages do
  --outage-after SECS   the issuer that is started stops SECS after the start of this program (not
                        with --issuer)
  --outage-for SECS     it starts again SECS later (default: 60; needs --outage-after)
  --help                print this";

const DEMO_AUDIENCE: &str = "https://api.example";

/// What the command line asks for.
pub(crate) enum Command {
    Help,
    Serve(Box<Options>),
}

pub(crate) struct Options {
    /// `None` in the demonstration.
    pub(crate) issuer: Option<String>,
    pub(crate) audience: String,
    /// `None`: the default address.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) admin_listen: Option<SocketAddr>,
    pub(crate) secrets: Option<PathBuf>,
    pub(crate) introspection: Option<String>,
    pub(crate) redis: Option<String>,
    pub(crate) nonce_key: Option<PathBuf>,
    pub(crate) is_fast: bool,
    pub(crate) outage_after: Option<Duration>,
    pub(crate) outage_for: Option<Duration>,
}

impl Options {
    pub(crate) fn parse(mut parser: Parser) -> Result<Command, lexopt::Error> {
        let mut options = Box::new(Self {
            issuer: None,
            audience: String::new(),
            listen: None,
            admin_listen: None,
            secrets: None,
            introspection: None,
            redis: None,
            nonce_key: None,
            is_fast: false,
            outage_after: None,
            outage_for: None,
        });
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long("issuer") => options.issuer = Some(parser.value()?.string()?),
                Arg::Long("audience") => options.audience = parser.value()?.string()?,
                Arg::Long("listen") => options.listen = Some(parser.value()?.parse()?),
                Arg::Long("admin-listen") => options.admin_listen = Some(parser.value()?.parse()?),
                Arg::Long("secrets") => options.secrets = Some(parser.value()?.into()),
                Arg::Long("introspection") => {
                    options.introspection = Some(parser.value()?.string()?);
                }
                Arg::Long("redis") => options.redis = Some(parser.value()?.string()?),
                Arg::Long("nonce-key") => options.nonce_key = Some(parser.value()?.into()),
                Arg::Long("fast") => options.is_fast = true,
                Arg::Long("outage-after") => options.outage_after = Some(seconds(&mut parser)?),
                Arg::Long("outage-for") => options.outage_for = Some(seconds(&mut parser)?),
                other => return Err(other.unexpected()),
            }
        }
        options.check_audience()?;
        options.check_outage()?;
        Ok(Command::Serve(options))
    }

    /// An issuer of your own has an audience of your own. That of the demonstration has a default.
    fn check_audience(&mut self) -> Result<(), lexopt::Error> {
        match (&self.issuer, self.audience.is_empty()) {
            (Some(_), true) => Err("--issuer needs --audience".into()),
            (None, true) => {
                DEMO_AUDIENCE.clone_into(&mut self.audience);
                Ok(())
            }
            (_, false) => Ok(()),
        }
    }

    /// Only an issuer of this process can be stopped.
    fn check_outage(&self) -> Result<(), lexopt::Error> {
        match (self.outage_after, self.outage_for) {
            (Some(_), _) if self.issuer.is_some() => Err("--outage-after excludes --issuer".into()),
            (None, Some(_)) => Err("--outage-for needs --outage-after".into()),
            _ => Ok(()),
        }
    }
}

fn seconds(parser: &mut Parser) -> Result<Duration, lexopt::Error> {
    parser.value()?.parse().map(Duration::from_secs)
}
