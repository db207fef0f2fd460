//! Which URLs keys may come from: `https`, or `http` to this very machine, and without a password.

use std::net::IpAddr;

use http::Uri;

use crate::config_error::{ConfigError, ConfigErrorKind};

/// Parses a URL that keys are fetched from.
pub(crate) fn secure_url(url: &str) -> Result<Uri, ConfigError> {
    let uri: Uri = url
        .parse()
        .map_err(|error: http::uri::InvalidUri| invalid().with_source(error))?;
    let host = uri.host().ok_or_else(invalid)?;
    match uri.scheme_str() {
        Some("https") => without_userinfo(uri),
        Some("http") if is_loopback(host) => without_userinfo(uri),
        Some("http") => Err(ConfigError::new(
            ConfigErrorKind::InsecureUrl,
            "keys are fetched over https only (loopback excepted)",
        )),
        _ => Err(invalid()),
    }
}

/// A user and a password are deprecated there (RFC 9110 §4.2.4): clients differ in what they make of them, and a URL is
/// shown where a password must not be.
fn without_userinfo(uri: Uri) -> Result<Uri, ConfigError> {
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        let wrong = "a URL that keys are fetched from names no user and no password";
        return Err(ConfigError::new(ConfigErrorKind::InvalidUrl, wrong));
    }
    Ok(uri)
}

pub(crate) fn is_https(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

fn invalid() -> ConfigError {
    ConfigError::new(ConfigErrorKind::InvalidUrl, "not an absolute http(s) URL")
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
