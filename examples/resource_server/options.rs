//! The command line.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser};
use tower_jwt_auth::Algorithm;

use crate::dpop_options::DpopOptions;
use crate::issuer_options::{IssuerKeys, IssuerOptions};
use crate::redis_options::RedisOptions;
use crate::usage_error::UsageError;
use crate::values::{address, algorithms, leeway, staleness, text, token_type, value};

/// Options that may be given several times: each adds something, or belongs to an issuer.
const REPEATABLE: [&str; 9] = [
    "issuer",
    "jwks-uri",
    "hmac-secret-file",
    "hmac-secret-dir",
    "audience",
    "algorithms",
    "public-origin",
    "redis-sentinel",
    "logout-client",
];

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Serve(Box<Options>),
}

#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) issuers: Vec<IssuerOptions>,
    pub(crate) audiences: Vec<String>,
    pub(crate) resource: Option<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) leeway: Option<Duration>,
    pub(crate) token_type: Option<String>,
    pub(crate) dpop: DpopOptions,
    pub(crate) redis: RedisOptions,
}

impl Options {
    pub(crate) fn parse(mut parser: Parser) -> Result<Command, UsageError> {
        let mut options = Self::default();
        let mut given = HashSet::new();
        while let Some(arg) = parser.next()? {
            if let Arg::Long(name) = arg
                && !REPEATABLE.contains(&name)
                && !given.insert(name.to_owned())
            {
                return Err(UsageError::new(format!("--{name}: given twice")));
            }
            match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long("listen") => {
                    options.listen = Some(address(&text(&mut parser, "--listen")?)?);
                }
                Arg::Long("config") => {
                    options.config = Some(value(&mut parser, "--config")?.into());
                }
                Arg::Long("issuer") => options.add_issuer(text(&mut parser, "--issuer")?)?,
                Arg::Long("jwks-uri") => {
                    let url = text(&mut parser, "--jwks-uri")?;
                    options.set_keys("--jwks-uri", IssuerKeys::Url(url))?;
                }
                Arg::Long("hmac-secret-file") => {
                    let file = value(&mut parser, "--hmac-secret-file")?;
                    let keys = IssuerKeys::SecretFile(file.into());
                    options.set_keys("--hmac-secret-file", keys)?;
                }
                Arg::Long("hmac-secret-dir") => {
                    let dir = value(&mut parser, "--hmac-secret-dir")?;
                    let keys = IssuerKeys::SecretDir(dir.into());
                    options.set_keys("--hmac-secret-dir", keys)?;
                }
                Arg::Long("audience") => options.audiences.push(text(&mut parser, "--audience")?),
                Arg::Long("resource") => {
                    options.resource = Some(text(&mut parser, "--resource")?);
                }
                Arg::Long("algorithms") => options
                    .algorithms
                    .extend(algorithms(&text(&mut parser, "--algorithms")?)?),
                Arg::Long("leeway") => {
                    options.leeway = Some(leeway(&text(&mut parser, "--leeway")?)?);
                }
                Arg::Long("token-type") => {
                    options.token_type = Some(token_type(text(&mut parser, "--token-type")?)?);
                }
                Arg::Long("dpop") => options.dpop.set_mode(&text(&mut parser, "--dpop")?)?,
                Arg::Long("dpop-nonces") => options.dpop.use_nonces(),
                Arg::Long("public-origin") => {
                    let origin = text(&mut parser, "--public-origin")?;
                    options.dpop.add_public_origin(origin);
                }
                Arg::Long("redis") => options.redis.url = Some(text(&mut parser, "--redis")?),
                Arg::Long("redis-prefix") => {
                    options.redis.prefix = Some(text(&mut parser, "--redis-prefix")?);
                }
                Arg::Long("redis-sentinel") => {
                    let url = text(&mut parser, "--redis-sentinel")?;
                    options.redis.sentinels.push(url);
                }
                Arg::Long("redis-plain-tcp") => options.redis.is_plain = true,
                Arg::Long("on-stale") => {
                    options
                        .redis
                        .set_on_stale(&text(&mut parser, "--on-stale")?)?;
                }
                Arg::Long("max-staleness") => {
                    let text = text(&mut parser, "--max-staleness")?;
                    options.redis.max_staleness = Some(staleness(&text)?);
                }
                Arg::Long("logout-client") => {
                    let client = text(&mut parser, "--logout-client")?;
                    options.redis.logout_clients.push(client);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        options.check()?;
        Ok(Command::Serve(Box::new(options)))
    }

    /// Returns whether no issuer is configured.
    pub(crate) fn is_demo(&self) -> bool {
        self.issuers.is_empty() && self.config.is_none()
    }

    fn add_issuer(&mut self, url: String) -> Result<(), UsageError> {
        if self.issuers.iter().any(|issuer| issuer.url == url) {
            return Err(UsageError::new(format!("--issuer {url}: given twice")));
        }
        self.issuers.push(IssuerOptions {
            url,
            keys: IssuerKeys::Discovery,
        });
        Ok(())
    }

    fn set_keys(&mut self, option: &str, keys: IssuerKeys) -> Result<(), UsageError> {
        let issuer = self.issuers.last_mut().ok_or_else(|| {
            UsageError::new(format!(
                "{option}: must follow the --issuer that it belongs to"
            ))
        })?;
        if !matches!(issuer.keys, IssuerKeys::Discovery) {
            return Err(UsageError::new(format!(
                "{option}: conflicts with {issuer}: an issuer has one source of keys"
            )));
        }
        issuer.keys = keys;
        Ok(())
    }

    /// Checks the conditions that involve more than one option.
    fn check(&self) -> Result<(), UsageError> {
        self.dpop.check()?;
        self.redis.check()?;
        if self.config.is_some() {
            self.check_config()
        } else if self.is_demo() {
            self.check_demo()
        } else {
            self.check_hmac()
        }
    }

    /// Rejects options that need an issuer.
    fn check_demo(&self) -> Result<(), UsageError> {
        let needs_issuer = [
            ("--audience", !self.audiences.is_empty()),
            ("--resource", self.resource.is_some()),
            ("--algorithms", !self.algorithms.is_empty()),
            ("--leeway", self.leeway.is_some()),
            ("--token-type", self.token_type.is_some()),
            ("--dpop-nonces", self.dpop.has_nonces()),
            ("--redis", self.redis.url.is_some()),
        ];
        let given = needs_issuer.iter().find(|(_, given)| *given);
        given.map_or(Ok(()), |(option, _)| {
            Err(UsageError::new(format!("{option}: requires --issuer")))
        })
    }

    /// Rejects a secret without an HMAC algorithm, and an HMAC algorithm without a secret.
    fn check_hmac(&self) -> Result<(), UsageError> {
        let has_secret = self.issuers.iter().any(|issuer| issuer.keys.are_secret());
        let mut hmac = self
            .algorithms
            .iter()
            .filter(|algorithm| algorithm.is_symmetric());
        let first = hmac.next();
        let other = hmac.find(|other| Some(*other) != first);
        let hmac = first;
        let watched = |issuer: &IssuerOptions| matches!(issuer.keys, IssuerKeys::SecretDir(_));
        if let (Some(hmac), Some(other)) = (hmac, other)
            && let Some(issuer) = self.issuers.iter().find(|issuer| watched(issuer))
        {
            return Err(UsageError::new(format!(
                "{issuer}: its secrets are for one algorithm, and --algorithms has {hmac} and \
                 {other}: must have one of them"
            )));
        }
        match hmac {
            None if has_secret && !self.algorithms.is_empty() => Err(UsageError::new(
                "--hmac-secret-file and --hmac-secret-dir: require an HMAC algorithm in --algorithms",
            )),
            Some(hmac) if !has_secret => Err(UsageError::new(format!(
                "--algorithms {hmac}: requires a secret from --hmac-secret-file or \
                 --hmac-secret-dir"
            ))),
            _ => Ok(()),
        }
    }
}
