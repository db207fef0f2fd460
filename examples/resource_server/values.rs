//! Parsing of option values.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lexopt::Parser;
use tower_jwt_auth::Algorithm;

use crate::usage_error::UsageError;

pub(crate) fn value(parser: &mut Parser, option: &str) -> Result<OsString, UsageError> {
    let value = parser.value()?;
    if value.as_encoded_bytes().starts_with(b"--") {
        return Err(UsageError::new(format!(
            "{option}: requires a value, but {} follows, which is an option",
            Path::new(&value).display()
        )));
    }
    Ok(value)
}

pub(crate) fn text(parser: &mut Parser, option: &str) -> Result<String, UsageError> {
    value(parser, option)?
        .into_string()
        .map_err(|other| UsageError::new(format!("{option} {}: must be UTF-8", other.display())))
}

pub(crate) fn address(text: &str) -> Result<SocketAddr, UsageError> {
    let invalid = |_| {
        UsageError::new(format!(
            "--listen {text}: must be an IP address and a port, such as 127.0.0.1:8080"
        ))
    };
    text.parse().map_err(invalid)
}

pub(crate) fn algorithms(list: &str) -> Result<Vec<Algorithm>, UsageError> {
    let algorithm = |name: &str| {
        name.parse()
            .map_err(|error| UsageError::new(format!("--algorithms {name:?}: {error}")))
    };
    list.split(',').map(str::trim).map(algorithm).collect()
}

pub(crate) fn leeway(text: &str) -> Result<Duration, UsageError> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 3600);
    let seconds = seconds.ok_or_else(|| {
        UsageError::new(format!(
            "--leeway {text}: must be a whole number of seconds from 0 to 3600"
        ))
    })?;
    Ok(Duration::from_secs(seconds))
}

pub(crate) fn staleness(text: &str) -> Result<Duration, UsageError> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (5..=3600).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        UsageError::new(format!(
            "--max-staleness {text}: must be a whole number of seconds from 5 to 3600"
        ))
    })?;
    Ok(Duration::from_secs(seconds))
}

pub(crate) fn token_type(text: String) -> Result<String, UsageError> {
    if text.is_empty() {
        Err(UsageError::new("--token-type: must not be empty"))
    } else {
        Ok(text)
    }
}
