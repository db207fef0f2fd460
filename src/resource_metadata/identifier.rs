//! The resource identifier, and the URL of its metadata (RFC 9728 §1.2, §3.1).

use http::Uri;
use http::uri::Authority;

use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::keys::jwks::is_loopback;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Where the metadata of a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WellKnown {
    /// The absolute URL.
    pub(super) url: String,
    /// The path of the URL.
    pub(super) path: String,
    /// The query of the URL, which is that of the identifier.
    pub(super) query: Option<String>,
}

impl WellKnown {
    /// Returns whether a request for this URI asks for the metadata. If the identifier has no
    /// query, that of the request is ignored.
    pub(super) fn is_at(&self, uri: &Uri) -> bool {
        uri.path() == self.path
            && self
                .query
                .as_ref()
                .is_none_or(|query| uri.query() == Some(query))
    }
}

/// Returns where the metadata of the resource is.
///
/// # Errors
///
/// [`ConfigErrorKind::InvalidUrl`] if it is not an absolute URL, has another scheme, a fragment, a
/// user name or segments that clients would remove; [`ConfigErrorKind::InsecureUrl`] if it is
/// `http` and not on loopback.
pub(super) fn well_known(resource: &str) -> Result<WellKnown, ConfigError> {
    let invalid = |problem: &str| {
        let message = format!("resource {resource:?}: {problem}");
        ConfigError::new(ConfigErrorKind::InvalidUrl, message)
    };
    if has_userinfo(resource) {
        return Err(ConfigError::new(
            ConfigErrorKind::InvalidUrl,
            "resource: must not contain a user name or a password",
        ));
    }
    if resource.contains('#') {
        return Err(invalid("must have no fragment (RFC 9728 section 1.2)"));
    }
    let (origin, path, query) = split(resource).ok_or_else(|| invalid(NOT_HTTPS))?;
    if !resource.chars().all(is_of_uri) {
        return Err(invalid(
            "must consist of the characters of a URI (RFC 3986 section 2)",
        ));
    }
    let uri: Uri = resource.parse().map_err(|_| invalid(NOT_HTTPS))?;
    let authority = uri
        .authority()
        .filter(|authority| has_valid_port(authority));
    let host = authority.ok_or_else(|| invalid(NOT_HTTPS))?.host();
    if uri.scheme_str() == Some("http") && !is_loopback(host) {
        let message = format!(
            "resource {resource:?}: scheme must be https (http is allowed on loopback only)"
        );
        return Err(ConfigError::new(ConfigErrorKind::InsecureUrl, message));
    }
    if path.split('/').any(is_dot_segment) {
        return Err(invalid(
            "must have no segment \".\" or \"..\", which clients remove from a URL",
        ));
    }
    if path
        .split('/')
        .any(|segment| segment.starts_with([':', '*']))
    {
        return Err(invalid(
            "must have no segment that begins with \":\" or \"*\", which routers read as parameters",
        ));
    }
    // A slash that follows the host alone is removed (RFC 9728 §3.1).
    let path = format!("{WELL_KNOWN}{}", if path == "/" { "" } else { path });
    let after = query.map_or_else(String::new, |query| format!("?{query}"));
    Ok(WellKnown {
        url: format!("{origin}{path}{after}"),
        path,
        query: query.map(ToOwned::to_owned),
    })
}

const NOT_HTTPS: &str = "must be an https URL (http is allowed on loopback only)";

/// Returns the scheme with the authority, the path and the query.
fn split(resource: &str) -> Option<(&str, &str, Option<&str>)> {
    let (before, query) = match resource.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (resource, None),
    };
    let (scheme, rest) = before.split_once("://")?;
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    if !matches!(scheme, "https" | "http") || authority.is_empty() {
        return None;
    }
    let end = before.len().checked_sub(rest.len())?;
    let (origin, path) = before.split_at_checked(end.checked_add(authority.len())?)?;
    Some((origin, path, query))
}

/// Returns whether clients remove the segment from a URL: those that follow the URL standard do so
/// if its dots are percent-encoded, too.
fn is_dot_segment(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(&*decoded, "." | "..")
}

/// Returns whether nothing but a port follows the host.
fn has_valid_port(authority: &Authority) -> bool {
    let after = authority.as_str().strip_prefix(authority.host());
    after == Some("") || authority.port_u16().is_some()
}

/// Checked first: no error may show a password.
fn has_userinfo(resource: &str) -> bool {
    let rest = resource
        .split_once("://")
        .map_or(resource, |(_, rest)| rest);
    rest.split(['/', '?', '#'])
        .next()
        .is_some_and(|authority| authority.contains('@'))
}

/// Returns whether a URI may have the character: RFC 3986 §2, without `#`.
const fn is_of_uri(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(
            character,
            '-' | '.'
                | '_'
                | '~'
                | ':'
                | '/'
                | '?'
                | '['
                | ']'
                | '@'
                | '!'
                | '$'
                | '&'
                | '\''
                | '('
                | ')'
                | '*'
                | '+'
                | ','
                | ';'
                | '='
                | '%'
        )
}

#[cfg(test)]
mod tests {
    use super::well_known;

    #[test]
    fn the_url_has_the_well_known_path_between_host_and_path() {
        let at = "/.well-known/oauth-protected-resource";
        for (resource, origin, after) in [
            ("https://h", "https://h", ""),
            ("https://h/", "https://h", ""),
            ("https://h/mcp", "https://h", "/mcp"),
            ("https://h/mcp/", "https://h", "/mcp/"),
            ("https://h:8443/a/b", "https://h:8443", "/a/b"),
            ("https://h?x=1", "https://h", "?x=1"),
            ("https://h/?x=1", "https://h", "?x=1"),
            ("https://h/mcp?x=/1", "https://h", "/mcp?x=/1"),
            ("https://h/a%20b", "https://h", "/a%20b"),
            ("http://127.0.0.1:3000/mcp", "http://127.0.0.1:3000", "/mcp"),
            ("http://[::1]", "http://[::1]", ""),
        ] {
            let found = well_known(resource).unwrap();
            assert_eq!(found.url, format!("{origin}{at}{after}"), "{resource}");
            let relative = found.url.strip_prefix(origin).unwrap();
            assert!(found.is_at(&relative.parse().unwrap()), "{resource}");
            assert!(!found.is_at(&"/".parse().unwrap()), "{resource}");
        }
    }
}
