//! The command line.

use std::collections::HashSet;
use std::fmt;

use lexopt::{Arg, Parser, ValueExt as _};
use tower_jwt_auth::{Audience, Issuer, JwksCacheSettings};

pub(crate) const HELP: &str = "\
Checks an issuer, and a token if one is given, as a JwtAuthLayer with these
options and otherwise the defaults does.

usage: doctor --issuer URL --audience AUD [OPTION]...

  --issuer URL           the issuer, byte by byte as its tokens name it in `iss`
  --audience AUD         a value that `aud` may have. May be repeated
  --audience-claim NAME  compare this claim with --audience in place of `aud`,
                         such as client_id (Amazon Cognito) or azp (Clerk)
  --jwks-uri URL         fetch the keys from this URL, without metadata
  --metadata-url URL     fetch the metadata from this URL
  --allow-http HOST      fetch from this host without TLS. May be repeated
  --allow-id-tokens      accept ID tokens
  --token-stdin          read a token from standard input, and check it. Use a
                         pipe or a file: a terminal shows what is pasted, and
                         cuts it at 4095 bytes
  --help                 print this text

The exit code is 0 if every check passes, else 1.
";

const NO_ARGUMENTS: &str =
    "only options are expected; a token is read from standard input, with --token-stdin";

pub(crate) enum Command {
    Help,
    Check(Options),
}

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) issuer: String,
    audiences: Vec<String>,
    audience_claim: Option<String>,
    jwks_uri: Option<String>,
    metadata_url: Option<String>,
    http_hosts: Vec<String>,
    pub(crate) allows_id_tokens: bool,
    pub(crate) reads_token: bool,
}

/// An invalid command line. Shows no value: it may be a token.
pub(crate) struct UsageError(String);

impl Options {
    pub(crate) fn parse(mut parser: Parser) -> Result<Command, UsageError> {
        let mut options = Self::default();
        let mut given = HashSet::new();
        while let Some(arg) = parser.next()? {
            if let Arg::Long(option) = arg
                && is_word(option)
                && !matches!(option, "audience" | "allow-http")
                && !given.insert(option.to_owned())
            {
                return Err(UsageError(format!("--{option}: given twice")));
            }
            match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long("issuer") => options.issuer = url(&mut parser, "--issuer")?,
                Arg::Long("audience") => options.audiences.push(text(&mut parser)?),
                Arg::Long("audience-claim") => options.audience_claim = Some(text(&mut parser)?),
                Arg::Long("jwks-uri") => options.jwks_uri = Some(url(&mut parser, "--jwks-uri")?),
                Arg::Long("metadata-url") => {
                    options.metadata_url = Some(url(&mut parser, "--metadata-url")?);
                }
                Arg::Long("allow-http") => options.http_hosts.push(text(&mut parser)?),
                Arg::Long("allow-id-tokens") => options.allows_id_tokens = true,
                Arg::Long("token-stdin") => options.reads_token = true,
                Arg::Long(option) if is_word(option) => {
                    return Err(UsageError(format!("--{option}: there is no such option")));
                }
                _ => return Err(UsageError(NO_ARGUMENTS.to_owned())),
            }
        }
        options.checked()
    }

    fn checked(self) -> Result<Command, UsageError> {
        let problem = if self.issuer.is_empty() {
            "--issuer: is required"
        } else if self.audiences.is_empty() {
            "--audience: is required"
        } else if self.jwks_uri.is_some() && self.metadata_url.is_some() {
            "--jwks-uri and --metadata-url: only one of them may be given"
        } else {
            return Ok(Command::Check(self));
        };
        Err(UsageError(problem.to_owned()))
    }

    /// Returns the issuer as a service would configure it.
    pub(crate) fn issuer(&self) -> Issuer {
        let (name, audience) = (&self.issuer, self.audience());
        let issuer = match (&self.jwks_uri, &self.metadata_url) {
            (Some(url), _) => Issuer::jwks(name, url, audience),
            (None, Some(url)) => Issuer::discovery(name, audience).metadata_url(url),
            (None, None) => Issuer::discovery(name, audience),
        };
        let issuer = if self.http_hosts.is_empty() {
            issuer
        } else {
            let settings = JwksCacheSettings::default();
            issuer.jwks_cache(settings.allowed_http_hosts(&self.http_hosts))
        };
        if self.allows_id_tokens {
            issuer.allow_id_tokens()
        } else {
            issuer
        }
    }

    pub(crate) const fn has_jwks_uri(&self) -> bool {
        self.jwks_uri.is_some()
    }

    fn audience(&self) -> Audience {
        match &self.audience_claim {
            Some(claim) => Audience::claim(claim, &self.audiences),
            None => Audience::from(self.audiences.clone()),
        }
    }
}

/// Returns whether an unknown option is one that was misspelled, which may be shown.
fn is_word(option: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    option.len() <= 24 && option.bytes().all(is_letter)
}

/// Returns the value of an option. A token is not accepted: the value may be printed later.
fn text(parser: &mut Parser) -> Result<String, UsageError> {
    let value = parser.value()?.string()?;
    if value.trim_start_matches("Bearer ").starts_with("eyJ") {
        return Err(UsageError(NO_ARGUMENTS.to_owned()));
    }
    Ok(value)
}

fn url(parser: &mut Parser, option: &str) -> Result<String, UsageError> {
    let value = text(parser)?;
    if value.contains("://") {
        return Ok(value);
    }
    let problem = "must be a URL, such as https://login.example.com";
    Err(UsageError(format!("{option}: {problem}")))
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self(match error {
            lexopt::Error::MissingValue { option } => {
                let option = option.unwrap_or_default();
                format!("{option}: requires a value")
            }
            _ => "invalid arguments".to_owned(),
        })
    }
}
