//! Generates a shared secret for HMAC, and writes it to a new file.
//!
//! ```sh
//! cargo run --example secret -- --algorithm HS256 --out /run/secrets/jwt/2026-11-29
//! ```
//!
//! The file contains the secret in base64url and a line feed, and has mode 0600. It gets its name
//! when it is complete, so that a service that watches the directory never reads a part of it. An
//! existing file is not replaced. The secret is printed only with `--print`, which can be used in
//! place of `--out` or beside it. Services can use the text itself as the secret, or decode it
//! (`SecretEncoding::Base64url`). All signers and services must do the same.

use std::collections::HashSet;
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::{Arg, ValueExt as _};
use tower_jwt_auth::{Algorithm, Secret};

const HELP: &str = "\
usage: secret [--algorithm HS256|HS384|HS512] [--out FILE] [--print]

  --algorithm NAME  generate as many bytes as the hash of this algorithm has
                    (default: HS256)
  --out FILE        write the secret in base64url to this new file, which only
                    its owner can read
  --print           print the secret in base64url
  --help            print this text
";

struct Options {
    algorithm: Algorithm,
    out: Option<PathBuf>,
    print: bool,
}

fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("secret: {error} (see --help)");
            return ExitCode::from(2);
        }
    };
    let done = match options {
        Some(options) => run(&options),
        None => print(HELP).map_err(Into::into),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("secret: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Result<Option<Options>, Box<dyn Error>> {
    let mut options = Options {
        algorithm: Algorithm::HS256,
        out: None,
        print: false,
    };
    let mut parser = lexopt::Parser::from_env();
    let mut given = HashSet::new();
    while let Some(arg) = parser.next()? {
        if let Arg::Long(name) = arg
            && !given.insert(name.to_owned())
        {
            return Err(format!("--{name}: given twice").into());
        }
        match arg {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("algorithm") => options.algorithm = parser.value()?.parse()?,
            Arg::Long("out") => options.out = Some(parser.value()?.into()),
            Arg::Long("print") => options.print = true,
            other => return Err(other.unexpected().into()),
        }
    }
    if options.out.is_none() && !options.print {
        return Err("--out or --print is missing".into());
    }
    Ok(Some(options))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let secret = Secret::generate(options.algorithm)?;
    let text = secret.to_base64url();
    if let Some(path) = &options.out {
        write(path, &text).map_err(|error| format!("--out {}: {error}", path.display()))?;
        print(&format!("written to {}\n", path.display()))?;
    }
    if options.print {
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
