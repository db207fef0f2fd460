//! The command line.

use std::collections::HashSet;
use std::error::Error;
use std::path::PathBuf;

use lexopt::{Arg, ValueExt as _};
use tower_jwt_auth::{Algorithm, SecretEncoding};

use crate::sign::Token;

pub(crate) const HELP: &str = "\
usage: secret [--algorithm HS256|HS384|HS512] [--out FILE] [--print]
       secret --sign FILE --issuer URL --audience TEXT [--subject TEXT]
              [--encoding NAME] [--algorithm HS256|HS384|HS512]

  --algorithm NAME  generate as many bytes as the hash of this algorithm has
                    (default: HS256)
  --out FILE        write the secret in base64url to this new file, which only
                    its owner can read
  --print           print the secret in base64url
  --sign FILE       print a token that is signed with the secret in this file,
                    whose name is its `kid`. It expires in five minutes
  --issuer URL      its `iss`
  --audience TEXT   its `aud`
  --subject TEXT    its `sub` (default: none)
  --encoding NAME   the encoding of the file: raw, base64, base64url or hex, as
                    the service reads it (default: raw, the text itself)
  --help            print this text
";

/// What the command line asks for.
pub(crate) enum Options {
    Help,
    Generate {
        algorithm: Algorithm,
        out: Option<PathBuf>,
        print: bool,
    },
    Sign {
        algorithm: Algorithm,
        token: Token,
    },
}

/// The options as they are given.
#[derive(Default)]
struct Given {
    algorithm: Option<Algorithm>,
    out: Option<PathBuf>,
    print: bool,
    sign: Option<PathBuf>,
    issuer: Option<String>,
    audience: Option<String>,
    subject: Option<String>,
    encoding: Option<SecretEncoding>,
}

/// Returns what the command line asks for.
pub(crate) fn parse() -> Result<Options, Box<dyn Error>> {
    let mut given = Given::default();
    let mut parser = lexopt::Parser::from_env();
    let mut names = HashSet::new();
    while let Some(arg) = parser.next()? {
        if let Arg::Long(name) = arg
            && !names.insert(name.to_owned())
        {
            return Err(format!("--{name}: given twice").into());
        }
        match arg {
            Arg::Long("help") | Arg::Short('h') => return Ok(Options::Help),
            Arg::Long("algorithm") => given.algorithm = Some(parser.value()?.parse()?),
            Arg::Long("out") => given.out = Some(parser.value()?.into()),
            Arg::Long("print") => given.print = true,
            Arg::Long("sign") => given.sign = Some(parser.value()?.into()),
            Arg::Long("issuer") => given.issuer = Some(parser.value()?.string()?),
            Arg::Long("audience") => given.audience = Some(parser.value()?.string()?),
            Arg::Long("subject") => given.subject = Some(parser.value()?.string()?),
            Arg::Long("encoding") => {
                given.encoding = Some(parser.value()?.parse_with(encoding)?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(given.options()?)
}

impl Given {
    fn options(self) -> Result<Options, &'static str> {
        let algorithm = self.algorithm.unwrap_or(Algorithm::HS256);
        let generates = self.out.is_some() || self.print;
        if let Some(file) = self.sign {
            if generates {
                return Err("--sign excludes --out and --print");
            }
            let token = Token {
                file,
                encoding: self.encoding.unwrap_or_default(),
                issuer: self.issuer.ok_or("--sign needs --issuer")?,
                audience: self.audience.ok_or("--sign needs --audience")?,
                subject: self.subject,
            };
            return Ok(Options::Sign { algorithm, token });
        }
        let of_tokens = [&self.issuer, &self.audience, &self.subject];
        if self.encoding.is_some() || of_tokens.iter().any(|option| option.is_some()) {
            return Err("--issuer, --audience, --subject and --encoding need --sign");
        }
        if !generates {
            return Err("--out, --print or --sign is missing");
        }
        let (out, print) = (self.out, self.print);
        Ok(Options::Generate {
            algorithm,
            out,
            print,
        })
    }
}

fn encoding(name: &str) -> Result<SecretEncoding, &'static str> {
    match name {
        "raw" => Ok(SecretEncoding::Raw),
        "base64" => Ok(SecretEncoding::Base64),
        "base64url" => Ok(SecretEncoding::Base64url),
        "hex" => Ok(SecretEncoding::Hex),
        _ => Err("must be raw, base64, base64url or hex"),
    }
}
