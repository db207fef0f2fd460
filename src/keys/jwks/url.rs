//! The URLs that keys may come from: `https`, or `http` on loopback, without user name and
//! password.

use std::net::IpAddr;

use http::Uri;

use crate::config_error::{ConfigError, ConfigErrorKind};

/// Parses a URL that keys or metadata are fetched from. `setting` names it in errors.
///
/// # Errors
///
/// [`ConfigErrorKind::InvalidUrl`] if it is not an absolute URL, has another scheme, or contains
/// userinfo; [`ConfigErrorKind::InsecureUrl`] if it is `http` and not on loopback.
pub(crate) fn secure_url(setting: &str, url: &str) -> Result<Uri, ConfigError> {
    let not_https = || {
        invalid_url(
            setting,
            url,
            "must be an https URL (http is allowed on loopback only)",
        )
    };
    let uri: Uri = url
        .parse()
        .map_err(|error: http::uri::InvalidUri| not_https().with_source(error))?;
    let host = uri.host().ok_or_else(not_https)?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback(host) => {}
        Some("http") => {
            let message = message(
                setting,
                url,
                "scheme must be https (http is allowed on loopback only)",
            );
            return Err(ConfigError::new(ConfigErrorKind::InsecureUrl, message));
        }
        _ => return Err(not_https()),
    }
    // RFC 9110 §4.2.4 deprecates userinfo. HTTP clients treat it differently, and URLs appear in
    // logs, where a password must not be.
    if has_userinfo(&uri) {
        return Err(invalid_url(
            setting,
            url,
            "must not contain a user name or a password",
        ));
    }
    Ok(uri)
}

pub(super) fn invalid_url(setting: &str, url: &str, allowed: &str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::InvalidUrl, message(setting, url, allowed))
}

pub(super) fn is_https(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn has_userinfo(uri: &Uri) -> bool {
    uri.authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
}

fn message(setting: &str, url: &str, allowed: &str) -> String {
    format!("{setting} {:?}: {allowed}", without_secrets(url))
}

/// Removes userinfo, query and fragment, which may contain secrets.
///
/// Works on the text, since a URL that can't be parsed has to be shown, too. A password in it may
/// contain any delimiter, so the userinfo is taken to end at the last `@`. If a `?` or `#` precedes
/// that `@`, which may then be part of the query, everything after the scheme is removed.
fn without_secrets(url: &str) -> String {
    let (scheme, separator, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, "://", rest),
        None => ("", "", url),
    };
    let shown = match rest.rsplit_once('@') {
        Some((before, _)) if before.contains(['?', '#']) => "...",
        Some((_, rest)) => without_query(rest),
        None => without_query(rest),
    };
    format!("{scheme}{separator}{shown}")
}

fn without_query(text: &str) -> &str {
    text.split_once(['?', '#']).map_or(text, |(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(url: &str) -> String {
        secure_url("jwks_uri", url).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_the_setting_the_url_and_what_is_allowed() {
        let cases = [
            (
                "http://x.example/keys",
                "jwks_uri \"http://x.example/keys\": scheme must be https (http is allowed on \
                 loopback only)",
            ),
            (
                "x.example",
                r#"jwks_uri "x.example": must be an https URL (http is allowed on loopback only)"#,
            ),
            (
                "https://user@x.example/keys",
                r#"jwks_uri "https://x.example/keys": must not contain a user name or a password"#,
            ),
        ];
        for (url, expected) in cases {
            assert_eq!(error(url), expected);
        }
    }

    #[test]
    fn an_error_contains_no_user_name_no_password_and_no_query() {
        let urls = [
            "http://hunter2@x.example/keys",
            "http://x.example/keys?code=hunter2",
            "http://x.example/keys#hunter2",
            "https://user:hunter2@x.example/keys",
            "http://user:hunter2/hunter2?hunter2#hunter2@x.example/a b?hunter2",
            "http://user:hunter2/hunter2@x.example/keys?hunter2",
            "user:hunter2@x.example",
            "ftp://user:hunter2@x.example",
            "https://x.example/ a?user=@hunter2",
        ];
        for url in urls {
            assert!(!error(url).contains("hunter2"), "{}", error(url));
        }
    }
}
