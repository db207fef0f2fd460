//! The host and port of a URI (RFC 3986 §3.2).

use std::net::IpAddr;

/// A host and a port, without userinfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    /// As written, with the brackets of an IPv6 address.
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Returns `None` if it is empty, has userinfo, a character that hosts don't have, or a port
    /// that is not one. Percent-escapes are no part of a host: no client sends them.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = split(text)?;
        let port = match port {
            // RFC 3986 §6.2.3: an empty port is that of the scheme.
            None | Some("") => None,
            Some(digits) => Some(parse_port(digits)?),
        };
        is_host(host).then_some(Self { host, port })
    }

    /// Returns whether both are the same, if an absent port is `default_port` (RFC 3986 §6.2.2.1,
    /// §6.2.3).
    pub(super) fn is_same(&self, other: &Authority<'_>, default_port: u16) -> bool {
        self.port.unwrap_or(default_port) == other.port.unwrap_or(default_port)
            && self.host.eq_ignore_ascii_case(other.host)
    }

    /// Returns whether the host is this machine by its address, or by a name that is never another
    /// machine's: `localhost` and names below it (RFC 6761 §6.3).
    pub(super) fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        let last = self.host.rsplit('.').next();
        let is_name = last.is_some_and(|label| label.eq_ignore_ascii_case("localhost"));
        is_name
            || address
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

/// Splits at the colon of the port, which is none of those of an IPv6 address.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    if !text.starts_with('[') {
        return Some(match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        });
    }
    let (address, rest) = text.split_at_checked(text.find(']')?.checked_add(1)?)?;
    match rest.strip_prefix(':') {
        Some(port) => Some((address, Some(port))),
        None => rest.is_empty().then_some((address, None)),
    }
}

/// Parses a port as clients write it: from 1, and without leading zeros.
fn parse_port(digits: &str) -> Option<u16> {
    let is_canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_canonical)
}

/// Returns whether it is a registered name or an address (RFC 3986 §3.2.2).
fn is_host(host: &str) -> bool {
    let is_name_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    match host.strip_prefix('[') {
        Some(rest) => {
            let address = rest.strip_suffix(']');
            address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
        }
        None => !host.is_empty() && host.bytes().all(is_name_byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(&str, Option<u16>)> {
        Authority::parse(text).map(|authority| (authority.host, authority.port))
    }

    #[test]
    fn an_authority_is_a_host_and_maybe_a_port() {
        for (text, host, port) in [
            ("api.example.com", "api.example.com", None),
            ("API.example.com:8443", "API.example.com", Some(8443)),
            ("api.example.com:", "api.example.com", None),
            ("[::1]:80", "[::1]", Some(80)),
            ("[2001:db8::1]", "[2001:db8::1]", None),
            ("127.0.0.1:1", "127.0.0.1", Some(1)),
            ("a:65535", "a", Some(65535)),
        ] {
            assert_eq!(parse(text), Some((host, port)), "{text}");
        }
    }

    #[test]
    fn userinfo_other_characters_and_ports_that_are_none_are_rejected() {
        for text in [
            "",
            ":80",
            "user@a",
            "a@b@c",
            "user:secret@a",
            "a:65536",
            "a:0443",
            "a:0",
            "a:+80",
            "a:-1",
            "a:80:80",
            "a: 80",
            "a:x",
            "a b",
            "a\\b",
            "%61",
            "a\u{e9}",
            "a\0",
            "a,b:1:2",
            "::1",
            "[::1",
            "[::1]x",
            "[::1]]",
            "[]",
            "[a]",
            "[127.0.0.1]",
            "[fe80::1%25eth0]",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn case_and_the_default_port_make_no_difference() {
        let same = |one, other, default| {
            let parse = |text| Authority::parse(text).unwrap();
            parse(one).is_same(&parse(other), default)
        };
        assert!(same("API.example", "api.EXAMPLE:443", 443));
        assert!(same("api.example:", "api.example:80", 80));
        assert!(same("[2001:DB8::1]", "[2001:db8::1]", 443));
        assert!(!same("api.example:80", "api.example", 443));
        assert!(!same("api.example.", "api.example", 443));
        assert!(!same("api.example.evil", "api.example", 443));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("a.localhost", true),
            ("127.9.9.9", true),
            ("[::1]:1", true),
            ("10.0.0.1", false),
            ("localhost.example", false),
            ("xlocalhost", false),
            ("127.0.0.1.example", false),
        ] {
            assert_eq!(
                Authority::parse(host).unwrap().is_loopback(),
                expected,
                "{host}"
            );
        }
    }
}
