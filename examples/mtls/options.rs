//! The command line.

use std::fs;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::Result;
use crate::server_tls::ServerTls;

pub(crate) const USAGE: &str = "\
usage: mtls [--issuer URL --audience AUD --authority FILE --certificate FILE
            --key FILE]

  --issuer URL        trust the issuer with this `iss`
  --audience AUD      require this value in `aud`
  --authority FILE    ask for certificates of this authority (PEM)
  --certificate FILE  present this certificate chain (PEM)
  --key FILE          its private key (PEM)";

/// An issuer and certificates from the command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Options {
    /// Returns the options; `None` if there are none. Otherwise, each is required.
    pub(crate) fn parse(mut parser: Parser) -> Result<Option<Self>> {
        const NAMES: [&str; 5] = ["issuer", "audience", "authority", "certificate", "key"];
        let mut values = NAMES.map(|_| None);
        while let Some(arg) = parser.next()? {
            let position = match arg {
                Arg::Long(name) => NAMES.iter().position(|known| *known == name),
                _ => None,
            };
            let Some(value) = position.and_then(|position| values.get_mut(position)) else {
                return Err(arg.unexpected().into());
            };
            *value = Some(parser.value()?);
        }
        if values.iter().all(Option::is_none) {
            return Ok(None);
        }
        let missing = NAMES.iter().zip(&values).find(|(_, value)| value.is_none());
        if let Some((name, _)) = missing {
            return Err(format!("--{name} is missing").into());
        }
        let [issuer, audience, authority, certificate, key] = values.map(Option::unwrap_or_default);
        Ok(Some(Self {
            issuer: issuer.string()?,
            audience: audience.string()?,
            authority: authority.into(),
            certificate: certificate.into(),
            key: key.into(),
        }))
    }

    /// Reads the files.
    pub(crate) fn tls(&self) -> Result<ServerTls> {
        let read = |path: &PathBuf| {
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        Ok(ServerTls {
            authority: read(&self.authority)?,
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
        })
    }
}
