//! URIs of the schemes `http` and `https`, as clients write them into proofs.

use super::authority::Authority;
use super::path::has_valid_escapes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// Returns the scheme of that name, in any case (RFC 3986 §6.2.2.1).
    pub(super) fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("https") {
            Some(Self::Https)
        } else if name.eq_ignore_ascii_case("http") {
            Some(Self::Http)
        } else {
            None
        }
    }

    pub(super) const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// An absolute URI, without its query and its fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HttpUri<'u> {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority<'u>,
    /// As written. It starts with a slash or is empty.
    pub(super) path: &'u str,
    /// Whether there was a query or a fragment.
    pub(super) has_query: bool,
}

impl<'u> HttpUri<'u> {
    /// Returns `None` for another scheme, a relative reference, userinfo, an invalid host, port or
    /// escape, and for characters at which parsers differ: white space, controls, quotes, angle
    /// brackets, backslashes and what is not ASCII.
    pub(super) fn parse(text: &'u str) -> Option<Self> {
        let is_clear = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\`".contains(&byte);
        if !text.bytes().all(is_clear) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let (hierarchy, has_query) = match rest.split_once(['?', '#']) {
            Some((before, _)) => (before, true),
            None => (rest, false),
        };
        let path_at = hierarchy.find('/').unwrap_or(hierarchy.len());
        let (authority, path) = hierarchy.split_at_checked(path_at)?;
        Some(Self {
            scheme: Scheme::from_name(scheme)?,
            authority: Authority::parse(authority)?,
            path: Some(path).filter(|path| has_valid_escapes(path))?,
            has_query,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_scheme_an_authority_and_a_path() {
        for (text, scheme, host, port, path) in [
            ("https://a/b?c#d", Scheme::Https, "a", None, "/b"),
            ("HTTPS://a", Scheme::Https, "a", None, ""),
            ("http://a:80/", Scheme::Http, "a", Some(80), "/"),
            ("https://a?b/c", Scheme::Https, "a", None, ""),
            ("https://a#b", Scheme::Https, "a", None, ""),
            (
                "https://[::1]:1/a//b/%2F",
                Scheme::Https,
                "[::1]",
                Some(1),
                "/a//b/%2F",
            ),
            (
                "https://a/b@c:d|e{f}",
                Scheme::Https,
                "a",
                None,
                "/b@c:d|e{f}",
            ),
        ] {
            let uri = HttpUri::parse(text).unwrap();
            let authority = Authority { host, port };
            assert_eq!(
                (uri.scheme, uri.authority, uri.path),
                (scheme, authority, path),
                "{text}"
            );
        }
    }

    #[test]
    fn other_schemes_relative_references_and_unclear_characters_are_rejected() {
        for text in [
            "",
            "/a",
            "//a/b",
            "a/b",
            "https:a",
            "https:/a",
            "https:///a",
            "https://",
            "ftp://a/",
            "javascript://a/",
            " https://a/",
            "https ://a/",
            "https://a /",
            "https://a/ b",
            "https://a/\tb",
            "https://a/\r\nb",
            "https://a/\0",
            "https://a\\b",
            "https://a/b\\c",
            "https:\\\\a/b",
            "https://api.example.com@evil/",
            "https://user@a/",
            "https://a:65536/",
            "https://a:0443/",
            "https://\u{e9}/",
            "https://a/\u{e9}",
            "https://a/?\u{e9}",
            "https://a/%",
            "https://a/%2",
            "https://a/%zz",
            "https://a/\"",
            "https://a/<b>",
        ] {
            assert_eq!(HttpUri::parse(text), None, "{text:?}");
        }
    }
}
