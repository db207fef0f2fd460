//! Which URLs keys may come from: `https`, or `http` to this very machine.

use std::net::IpAddr;

use http::Uri;

use crate::config_error::{ConfigError, ConfigErrorKind};

/// Parses a URL that keys are fetched from.
pub(crate) fn secure_url(url: &str) -> Result<Uri, ConfigError> {
    let uri: Uri = url.parse().map_err(|error: http::uri::InvalidUri| invalid().with_source(error))?;
    let host = uri.host().ok_or_else(invalid)?;
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(host) => Ok(uri),
        Some("http") => {
            Err(ConfigError::new(ConfigErrorKind::InsecureUrl, "keys are fetched over https only (loopback excepted)"))
        }
        _ => Err(invalid()),
    }
}

pub(crate) fn is_https(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

fn invalid() -> ConfigError {
    ConfigError::new(ConfigErrorKind::InvalidUrl, "not an absolute http(s) URL")
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
