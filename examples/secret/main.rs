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

mod options;
mod sign;

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use tower_jwt_auth::{Algorithm, Secret};

use crate::options::{HELP, Options};

fn main() -> ExitCode {
    let options = match options::parse() {
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
