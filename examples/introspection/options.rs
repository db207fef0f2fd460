//! The command line.

use std::collections::HashSet;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::Result;
use crate::credentials::Credentials;

pub(crate) const USAGE: &str = "\
usage: introspection ISSUER AUDIENCE CLIENT_ID ADDRESS [OPTION]...

The client's secret is in the environment variable CLIENT_SECRET, unless one of
the first two options is given.

  --key FILE        sign an assertion for each question with this private key:
                    ECDSA with P-256, in PKCS #8 and PEM (private_key_jwt)
  --identity FILE   present this certificate, with its private key in the same
                    file, in PEM (tls_client_auth or self_signed_tls_client_auth)
  --authority FILE  the issuer's certificate is of this authority, in PEM
                    (requires --identity; default: the system's authorities)
  --ttl SECONDS     cache responses for so long, up to 60 (default: 60)
  --signed          require signed responses (RFC 9701)
  --help            print this text";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Serve(Options),
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) client_id: String,
    pub(crate) address: String,
    pub(crate) credentials: Credentials,
    pub(crate) ttl: Duration,
    pub(crate) is_signed: bool,
}

impl Options {
    pub(crate) fn parse(mut parser: Parser) -> Result<Command> {
        let (mut key, mut identity, mut authority) = (None, None, None);
        let (mut ttl, mut is_signed) = (Duration::from_secs(60), false);
        let mut arguments = Vec::new();
        let mut given = HashSet::new();
        while let Some(arg) = parser.next()? {
            if let Arg::Long(name) = arg
                && !given.insert(name.to_owned())
            {
                return Err(format!("--{name}: given twice").into());
            }
            match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long("key") => key = Some(parser.value()?.into()),
                Arg::Long("identity") => identity = Some(parser.value()?.into()),
                Arg::Long("authority") => authority = Some(parser.value()?.into()),
                Arg::Long("ttl") => ttl = Duration::from_secs(parser.value()?.parse()?),
                Arg::Long("signed") => is_signed = true,
                Arg::Value(argument) => arguments.push(argument.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        let [issuer, audience, client_id, address] = <[_; 4]>::try_from(arguments)
            .map_err(|given| format!("{} arguments are given: must be 4", given.len()))?;
        Ok(Command::Serve(Self {
            issuer,
            audience,
            client_id,
            address,
            credentials: Credentials::new(key, identity, authority)?,
            ttl,
            is_signed,
        }))
    }
}
