//! The values of options.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lexopt::Parser;
use tower_jwt_auth::Algorithm;

use crate::mistake::Mistake;

/// Editors end a text with a newline; in random bytes it is one of them.
pub(crate) fn without_newline(content: &[u8]) -> &[u8] {
    match std::str::from_utf8(content) {
        Ok(text) => text
            .strip_suffix("\r\n")
            .or_else(|| text.strip_suffix('\n'))
            .unwrap_or(text)
            .as_bytes(),
        Err(_) => content,
    }
}

pub(crate) fn value(parser: &mut Parser, option: &str) -> Result<OsString, Mistake> {
    let value = parser.value()?;
    if value.as_encoded_bytes().starts_with(b"--") {
        return Err(Mistake::new(format!(
            "{option} lacks its value: {} is an option",
            Path::new(&value).display()
        )));
    }
    Ok(value)
}

pub(crate) fn text(parser: &mut Parser, option: &str) -> Result<String, Mistake> {
    value(parser, option)?
        .into_string()
        .map_err(|other| Mistake::new(format!("{option} {}: not UTF-8", other.display())))
}

pub(crate) fn address(text: &str) -> Result<SocketAddr, Mistake> {
    let bad = |_| {
        Mistake::new(format!(
            "--listen {text}: not an address and a port, such as 127.0.0.1:8080"
        ))
    };
    text.parse().map_err(bad)
}

pub(crate) fn algorithms(list: &str) -> Result<Vec<Algorithm>, Mistake> {
    let algorithm = |name: &str| {
        name.parse()
            .map_err(|error| Mistake::new(format!("--algorithms: {name:?} is {error}")))
    };
    list.split(',').map(str::trim).map(algorithm).collect()
}

pub(crate) fn leeway(text: &str) -> Result<Duration, Mistake> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 3600);
    let seconds = seconds.ok_or_else(|| {
        Mistake::new(format!(
            "--leeway {text}: not a whole number from 0 to 3600"
        ))
    })?;
    Ok(Duration::from_secs(seconds))
}

pub(crate) fn token_type(text: String) -> Result<String, Mistake> {
    if text.is_empty() {
        Err(Mistake::new("--token-type: the type is empty"))
    } else {
        Ok(text)
    }
}
