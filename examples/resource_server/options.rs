//! The command line.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser};
use tower_jwt_auth::Algorithm;
use zeroize::Zeroizing;

use crate::mistake::Mistake;
use crate::values::{address, algorithms, leeway, text, token_type, value, without_newline};

pub(crate) const HELP: &str = "\
An HTTP service that takes JSON Web Tokens. Without --issuer it brings an issuer
of its own and prints commands to try.

usage: resource_server [OPTION]...

  --listen ADDR            where to listen, such as 0.0.0.0:8080 (default
                           127.0.0.1:8080, or a free port if that is taken;
                           port 0: a free one)
  --issuer URL             trust this issuer, named as in `iss`; where its keys
                           are, its metadata says. May be repeated
  --jwks-uri URL           the keys of the issuer before it are here
  --hmac-secret-file PATH  the issuer before it signs with the secret in this
                           file: HS256, or the HMAC ones of --algorithms. One
                           newline at the end of a text is not part of it
  --audience AUD           what tokens must name in `aud`. May be repeated: one
                           of them is enough. Goes for every issuer
  --algorithms LIST        accept these only, such as RS256,ES256 (default: all
                           with public keys)
  --leeway SECONDS         how much clocks may differ (default 60, at most 3600)
  --token-type TYPE        accept this `typ` only; at+jwt: access tokens by
                           RFC 9068, with the claims that it asks for
  --help                   this text
";

/// What the user wants.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Serve(Options),
}

#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) issuers: Vec<IssuerOptions>,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) leeway: Option<Duration>,
    pub(crate) token_type: Option<String>,
}

#[derive(Debug)]
pub(crate) struct IssuerOptions {
    pub(crate) url: String,
    pub(crate) keys: KeysFrom,
}

pub(crate) enum KeysFrom {
    Discovery,
    Url(String),
    Secret {
        file: PathBuf,
        secret: Zeroizing<Vec<u8>>,
    },
}

impl Options {
    pub(crate) fn parse(mut parser: Parser) -> Result<Command, Mistake> {
        let mut options = Self::default();
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long("listen") => {
                    options.listen = Some(address(&text(&mut parser, "--listen")?)?)
                }
                Arg::Long("issuer") => options.add_issuer(text(&mut parser, "--issuer")?)?,
                Arg::Long("jwks-uri") => {
                    let url = text(&mut parser, "--jwks-uri")?;
                    options.set_keys("--jwks-uri", KeysFrom::Url(url))?;
                }
                Arg::Long("hmac-secret-file") => {
                    let file = value(&mut parser, "--hmac-secret-file")?;
                    options.set_keys("--hmac-secret-file", KeysFrom::read_secret(file.into())?)?;
                }
                Arg::Long("audience") => options.audiences.push(text(&mut parser, "--audience")?),
                Arg::Long("algorithms") => options
                    .algorithms
                    .extend(algorithms(&text(&mut parser, "--algorithms")?)?),
                Arg::Long("leeway") => {
                    options.leeway = Some(leeway(&text(&mut parser, "--leeway")?)?)
                }
                Arg::Long("token-type") => {
                    options.token_type = Some(token_type(text(&mut parser, "--token-type")?)?)
                }
                other => return Err(other.unexpected().into()),
            }
        }
        options.check()?;
        Ok(Command::Serve(options))
    }

    /// Whether nobody is named whom to trust.
    pub(crate) fn is_demo(&self) -> bool {
        self.issuers.is_empty()
    }

    fn add_issuer(&mut self, url: String) -> Result<(), Mistake> {
        if self.issuers.iter().any(|issuer| issuer.url == url) {
            return Err(Mistake::new(format!("--issuer {url} is there twice")));
        }
        self.issuers.push(IssuerOptions {
            url,
            keys: KeysFrom::Discovery,
        });
        Ok(())
    }

    fn set_keys(&mut self, option: &str, keys: KeysFrom) -> Result<(), Mistake> {
        let issuer = self.issuers.last_mut().ok_or_else(|| {
            Mistake::new(format!(
                "{option} is for the issuer before it, and there is no --issuer before it"
            ))
        })?;
        if !matches!(issuer.keys, KeysFrom::Discovery) {
            return Err(Mistake::new(format!(
                "{option}: where the keys of {issuer} are is settled already"
            )));
        }
        issuer.keys = keys;
        Ok(())
    }

    /// What only all options together show.
    fn check(&self) -> Result<(), Mistake> {
        let about_tokens = [
            ("--audience", !self.audiences.is_empty()),
            ("--algorithms", !self.algorithms.is_empty()),
            ("--leeway", self.leeway.is_some()),
            ("--token-type", self.token_type.is_some()),
        ];
        if self.is_demo() {
            let given = about_tokens.iter().find(|(_, given)| *given);
            return given.map_or(Ok(()), |(option, _)| {
                Err(Mistake::new(format!("{option} without --issuer")))
            });
        }
        let with_secret = self
            .issuers
            .iter()
            .any(|issuer| matches!(issuer.keys, KeysFrom::Secret { .. }));
        if with_secret
            && !self.algorithms.is_empty()
            && !self
                .algorithms
                .iter()
                .any(|algorithm| algorithm.is_symmetric())
        {
            return Err(Mistake::new(
                "--hmac-secret-file: none of --algorithms works with a secret",
            ));
        }
        match self
            .algorithms
            .iter()
            .find(|algorithm| algorithm.is_symmetric())
        {
            Some(hmac) if !with_secret => Err(Mistake::new(format!(
                "--algorithms {hmac}: needs a secret, from --hmac-secret-file"
            ))),
            _ => Ok(()),
        }
    }
}

impl KeysFrom {
    fn read_secret(file: PathBuf) -> Result<Self, Mistake> {
        let unreadable =
            |error| Mistake::new(format!("--hmac-secret-file {}: {error}", file.display()));
        let mut secret = Zeroizing::new(std::fs::read(&file).map_err(unreadable)?);
        let kept = without_newline(&secret).len();
        secret.truncate(kept);
        Ok(Self::Secret { file, secret })
    }
}

/// As it was given.
impl fmt::Display for IssuerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--issuer {}{:?}", self.url, self.keys)
    }
}

/// Shows no secret.
impl fmt::Debug for KeysFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery => Ok(()),
            Self::Url(url) => write!(f, " --jwks-uri {url}"),
            Self::Secret { file, .. } => write!(f, " --hmac-secret-file {}", file.display()),
        }
    }
}
