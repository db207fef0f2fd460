//! Generates a shared secret for HMAC, and writes it to a new file.
//!
//! ```sh
//! cargo run --example secret -- --algorithm HS256 --out jwt/2026-11-29
//! ```
//!
//! The file contains the secret in base64url and a line feed, and has mode 0600. It gets its name
//! when it is complete, so that a service that watches the directory never reads a part of it. An
//! existing file is not replaced. The secret is printed only with `--print`, which can be used in
//! place of `--out` or beside it. Services can use the text itself as the secret, or decode it
//! (`SecretEncoding::Base64url`). All signers and services must do the same.
//!
//! `--sign` signs a token with such a secret, to try a service, and prints the token only:
//!
//! ```sh
//! cargo run --example secret -- --sign jwt/2026-11-29 --issuer https://login.example.com/ \
//!   --audience https://api.example.com --subject alice
//! ```

mod sign;

use std::collections::HashSet;
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::{Arg, ValueExt as _};
use tower_jwt_auth::{Algorithm, Secret, SecretEncoding};

use crate::sign::Token;

const HELP: &str = "\
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

enum Options {
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

fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("secret: {error} (see --help)");
            return ExitCode::from(2);
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("secret: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Result<Options, Box<dyn Error>> {
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

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    match options {
        Options::Help => Ok(print(HELP)?),
        Options::Sign { algorithm, token } => Ok(print(&format!("{}\n", token.sign(algorithm)?))?),
        Options::Generate {
            algorithm,
            out,
            print,
        } => generate(algorithm, out.as_deref(), print),
    }
}

fn generate(
    algorithm: Algorithm,
    out: Option<&Path>,
    is_printed: bool,
) -> Result<(), Box<dyn Error>> {
    let secret = Secret::generate(algorithm)?;
    let text = secret.to_base64url();
    if let Some(path) = out {
        write(path, &text).map_err(|error| format!("--out {}: {error}", path.display()))?;
        print(&format!("written to {}\n", path.display()))?;
    }
    if is_printed {
        // In two parts, of which neither is a copy that is not wiped.
        print(&text)?;
        print("\n")?;
    }
    Ok(())
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| io::Error::new(error.kind(), format!("can't print: {error}")))
}

/// Writes a file with a name that starts with a dot, and gives it its own name.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut temp_name = std::ffi::OsString::from(".");
    temp_name.push(name);
    temp_name.push(".new");
    let temp = path.with_file_name(temp_name);
    let written = write_new(&temp, text);
    if written
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
    {
        let message = format!(
            "{} exists, from a run that was interrupted: remove it",
            temp.display()
        );
        return Err(io::Error::other(message));
    }
    // Fails if the file exists, which renaming would replace.
    let linked = written.and_then(|()| fs::hard_link(&temp, path));
    // Also half a file.
    let removed = fs::remove_file(&temp);
    linked.and(removed)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}
