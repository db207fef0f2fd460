//! The command line.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::Result;
use crate::server_tls::ServerTls;

pub(crate) const USAGE: &str = "\
usage: mtls [--issuer URL --audience AUD --client-ca FILE --certificate FILE
            --key FILE]

Without options, it shows three servers, an issuer and certificates of its own.

  --issuer URL        trust the issuer with this `iss`
  --audience AUD      require this value in `aud`
  --client-ca FILE    accept client certificates issued by this CA (PEM)
  --certificate FILE  present this certificate chain (PEM)
  --key FILE          its private key (PEM)
  --help              print this text";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Demo,
    Serve(Options),
}

const NAMES: [&str; 5] = ["issuer", "audience", "client-ca", "certificate", "key"];

/// The values of the options, in the order of [`NAMES`].
type Values = [Option<OsString>; NAMES.len()];

/// An issuer and certificates from the command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    client_ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Options {
    /// Reads the command line: all options, or none.
    pub(crate) fn parse(mut parser: Parser) -> Result<Command> {
        let mut values: Values = NAMES.map(|_| None);
        while let Some(arg) = parser.next()? {
            let position = match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long(name) => NAMES.iter().position(|known| *known == name),
                _ => None,
            };
            let Some(value) = position.and_then(|position| values.get_mut(position)) else {
                return Err(arg.unexpected().into());
            };
            if value.replace(parser.value()?).is_some() {
                return Err("an option is given twice".into());
            }
        }
        if values.iter().all(Option::is_none) {
            return Ok(Command::Demo);
        }
        Self::new(values).map(Command::Serve)
    }

    /// Requires each option.
    fn new(values: Values) -> Result<Self> {
        let missing = NAMES.iter().zip(&values).find(|(_, value)| value.is_none());
        if let Some((name, _)) = missing {
            return Err(format!("--{name} is missing").into());
        }
        let [issuer, audience, client_ca, certificate, key] = values.map(Option::unwrap_or_default);
        Ok(Self {
            issuer: issuer.string()?,
            audience: audience.string()?,
            client_ca: client_ca.into(),
            certificate: certificate.into(),
            key: key.into(),
        })
    }

    /// Reads the files.
    pub(crate) fn tls(&self) -> Result<ServerTls> {
        let read = |path: &PathBuf| {
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        Ok(ServerTls {
            client_ca: read(&self.client_ca)?,
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
        })
    }
}
