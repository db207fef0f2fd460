//! The target URI of a request, as a proof must name it (RFC 9449 §4.3 item 9).

use super::authority::Authority;
use super::http_uri::{HttpUri, Scheme};
use super::path::is_same_path;

/// A target URI in parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'t> {
    /// `None`: https, or http on loopback. Without a configuration, nothing tells which scheme the
    /// client used: TLS may have ended at a proxy.
    pub(super) scheme: Option<Scheme>,
    pub(super) authority: Authority<'t>,
    /// Precedes the path. Empty, or starts with a slash and does not end in one.
    pub(super) prefix: &'t str,
    pub(super) path: &'t str,
}

impl Target<'_> {
    /// Returns whether a proof names this target, after normalization (RFC 3986 §6.2.2, §6.2.3).
    pub(super) fn is(&self, uri: &HttpUri<'_>) -> bool {
        let is_scheme = match self.scheme {
            Some(scheme) => uri.scheme == scheme,
            None => uri.scheme == Scheme::Https || self.authority.is_loopback(),
        };
        let default_port = uri.scheme.default_port();
        is_scheme
            && self.authority.is_same(&uri.authority, default_port)
            && is_same_path(self.prefix, self.path, uri.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(scheme: Option<Scheme>, authority: &str, path: &str, htu: &str) -> bool {
        let target = Target {
            scheme,
            authority: Authority::parse(authority).unwrap(),
            prefix: "",
            path,
        };
        target.is(&HttpUri::parse(htu).unwrap())
    }

    #[test]
    fn scheme_host_port_and_path_must_be_the_same() {
        let (https, http) = (Some(Scheme::Https), Some(Scheme::Http));
        for (scheme, authority, path, htu, expected) in [
            (https, "a", "/b", "https://a/b", true),
            (https, "a", "/b", "HTTPS://A:443/b?c#d", true),
            (https, "a:443", "/", "https://a", true),
            (https, "a:8443", "/b", "https://a:8443/b", true),
            (https, "a", "/b", "http://a/b", false),
            (https, "a", "/b", "https://a:80/b", false),
            (https, "a", "/b", "https://a.evil/b", false),
            (https, "a", "/b", "https://b/b", false),
            (https, "a", "/b", "https://a/b/", false),
            (https, "a", "/b", "https://a/c", false),
            (http, "a", "/b", "http://a:80/b", true),
            (http, "a", "/b", "https://a/b", false),
            // Without a configured scheme.
            (None, "a", "/b", "https://a/b", true),
            (None, "a", "/b", "http://a/b", false),
            (None, "localhost:80", "/b", "http://localhost/b", true),
            (None, "localhost:80", "/b", "https://localhost/b", false),
            (
                None,
                "127.0.0.1:3000",
                "/b",
                "http://127.0.0.1:3000/b",
                true,
            ),
            (
                None,
                "127.0.0.1:3000",
                "/b",
                "https://127.0.0.1:3000/b",
                true,
            ),
        ] {
            assert_eq!(
                is(scheme, authority, path, htu),
                expected,
                "{authority}{path} {htu}"
            );
        }
    }
}
