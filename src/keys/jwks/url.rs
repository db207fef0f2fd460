//! The URLs that keys may come from: `https`, or `http` on loopback and on hosts that the
//! configuration names, without user name and password.

use std::net::IpAddr;

use http::Uri;

use crate::config_error::{ConfigError, ConfigErrorKind};

const HTTP_HOSTS: &str = "http is allowed on loopback, and on hosts of allowed_http_hosts";

/// Parses a URL that keys or metadata are fetched from. `setting` names it in errors. Plain `http`
/// is allowed on loopback and on `http_hosts`.
///
/// # Errors
///
/// [`ConfigErrorKind::InvalidUrl`] if it is not an absolute URL, has another scheme, or contains
/// userinfo; [`ConfigErrorKind::InsecureUrl`] if it is `http` and not on such a host.
pub(crate) fn secure_url(
    setting: &str,
    url: &str,
    http_hosts: &[String],
) -> Result<Uri, ConfigError> {
    let not_https = || {
        invalid_url(
            setting,
            url,
            &format!("must be an https URL ({HTTP_HOSTS})"),
        )
    };
    let uri: Uri = url
        .parse()
        .map_err(|error: http::uri::InvalidUri| not_https().with_source(error))?;
    let host = uri.host().ok_or_else(not_https)?;
    let is_allowed = |other: &String| other.eq_ignore_ascii_case(host);
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback(host) || http_hosts.iter().any(is_allowed) => {}
        Some("http") => {
            let message = message(
                setting,
                url,
                &format!("scheme must be https ({HTTP_HOSTS})"),
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

/// Returns whether a host is this machine by its address, or by a name that is never another
/// machine's.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    is_localhost_name(host)
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Returns whether a host is `localhost` or a name below it (RFC 6761 §6.3), in any case. HTTP
/// clients must resolve it to loopback addresses, without asking other machines.
pub(crate) fn is_localhost_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next();
    last.is_some_and(|label| label.eq_ignore_ascii_case("localhost"))
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
pub(super) fn without_secrets(url: &str) -> String {
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
        secure_url("jwks_uri", url, &[]).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_the_setting_the_url_and_what_is_allowed() {
        let cases = [
            (
                "http://x.example/keys",
                "jwks_uri \"http://x.example/keys\": scheme must be https (http is allowed on \
                 loopback, and on hosts of allowed_http_hosts)",
            ),
            (
                "x.example",
                "jwks_uri \"x.example\": must be an https URL (http is allowed on loopback, and on \
                 hosts of allowed_http_hosts)",
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

    #[test]
    fn http_is_allowed_on_loopback_in_every_form_and_on_named_hosts() {
        let hosts = ["keycloak".to_owned(), "10.0.0.7".to_owned()];
        let is_secure = |url: &str| secure_url("jwks_uri", url, &hosts).is_ok();
        for url in [
            "http://localhost/k",
            "http://LOCALHOST:8080/k",
            "http://localhost./k",
            "http://auth.LocalHost:8080/k",
            "http://a.b.localhost/k",
            "http://127.0.0.1/k",
            "http://127.255.3.4:1/k",
            "http://[::1]:8080/k",
            "http://keycloak:8080/k",
            "http://KeyCloak/k",
            "http://10.0.0.7/k",
        ] {
            assert!(is_secure(url), "{url}");
        }
        for url in [
            "http://localhost.example/k",
            "http://notlocalhost/k",
            "http://localhost..example/k",
            "http://128.0.0.1/k",
            "http://127.0.0.1.example/k",
            "http://127.1/k",
            "http://0.0.0.0/k",
            "http://[::]/k",
            "http://[::2]/k",
            "http://x.keycloak/k",
            "http://keycloak.example/k",
            "http://keycloak@evil.example/k",
            "http://10.0.0.70/k",
        ] {
            assert!(!is_secure(url), "{url}");
        }
    }
}
