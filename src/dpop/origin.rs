//! A URL of the service as clients know it: `public_origin`.

use super::authority::Authority;
use super::http_uri::{HttpUri, Scheme};
use super::path::normalized;
use super::target::Target;
use crate::config_error::{ConfigError, ConfigErrorKind};

/// A scheme, an authority and the prefix of all paths, which a proxy removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicOrigin {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
    /// Normalized. Empty, or starts with a slash and does not end in one.
    prefix: String,
}

impl PublicOrigin {
    /// Parses `https://api.example.com`, maybe with a port and a prefix of all paths.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let error = |kind, allowed: &str| {
            // Userinfo might hold a password.
            let shown = if text.contains('@') { "..." } else { text };
            Err(ConfigError::new(
                kind,
                format!("public_origin {shown:?}: {allowed}"),
            ))
        };
        let Some(uri) = HttpUri::parse(text) else {
            return error(
                ConfigErrorKind::InvalidUrl,
                "must be an https URL with a host, and at most a port and a path",
            );
        };
        if uri.has_query {
            return error(
                ConfigErrorKind::InvalidUrl,
                "must not have a query or a fragment",
            );
        }
        if uri.scheme == Scheme::Http && !uri.authority.is_loopback() {
            return error(
                ConfigErrorKind::InsecureUrl,
                "scheme must be https (http is allowed on loopback only)",
            );
        }
        Ok(Self {
            scheme: uri.scheme,
            host: uri.authority.host.to_owned(),
            port: uri.authority.port,
            prefix: prefix(uri.path),
        })
    }

    /// Returns what `htu` must be for a request with this path.
    pub(super) fn target<'t>(&'t self, path: &'t str) -> Target<'t> {
        Target {
            scheme: Some(self.scheme),
            authority: Authority {
                host: &self.host,
                port: self.port,
            },
            prefix: &self.prefix,
            path,
        }
    }
}

/// Returns a path as the prefix of others: normalized, and without slashes at its end.
pub(super) fn prefix(path: &str) -> String {
    let normal = String::from_utf8_lossy(&normalized(path)).into_owned();
    normal.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_may_have_a_port_and_a_prefix() {
        let parse = |text| PublicOrigin::parse(text).unwrap();
        let origin = parse("HTTPS://api.example.com:8443/v1/./%61/");
        assert_eq!(origin.prefix, "/v1/a");
        assert_eq!(
            (&*origin.host, origin.port),
            ("api.example.com", Some(8443))
        );
        assert_eq!(
            parse("https://api.example.com"),
            parse("https://api.example.com/")
        );
        assert_eq!(parse("http://localhost:3000").scheme, Scheme::Http);
        assert_eq!(parse("http://[::1]").scheme, Scheme::Http);
    }

    #[test]
    fn what_is_no_origin_of_a_service_is_an_error_that_shows_no_password() {
        for text in [
            "",
            "api.example.com",
            "https://",
            "https://api.example.com?a",
            "https://api.example.com/#a",
            "https://user:secret@api.example.com",
            "https://*.example.com /",
            "ftp://api.example.com",
        ] {
            let error = PublicOrigin::parse(text).unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::InvalidUrl, "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let error = PublicOrigin::parse("http://api.example.com").unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InsecureUrl);
        assert_eq!(
            error.to_string(),
            "public_origin \"http://api.example.com\": scheme must be https \
             (http is allowed on loopback only)"
        );
    }
}
