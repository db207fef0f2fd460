//! The hosts on which metadata may name a JWK set.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

use super::url::{is_https, is_localhost_name};

/// Returns why keys must not be fetched from a URL that the metadata of an issuer name. The text
/// ends a sentence that starts with "the issuer's metadata".
///
/// Without `allowed` hosts, metadata from another machine must not name an address of this machine
/// or of its link, where a request could reach services that trust it. The metadata's own host is
/// excepted. `metadata` is its URL.
pub(super) fn reason_to_reject(
    jwks_uri: &Uri,
    metadata: &Uri,
    allowed: Option<&[String]>,
) -> Option<&'static str> {
    let host = jwks_uri.host().unwrap_or_default();
    if let Some(allowed) = allowed {
        let is_allowed = allowed.iter().any(|other| other.eq_ignore_ascii_case(host));
        return (!is_allowed).then_some("names a jwks_uri whose host is not in allowed_key_hosts");
    }
    let own = metadata.host().unwrap_or_default();
    let is_restricted = is_https(metadata) || !is_local(own);
    (is_restricted && !own.eq_ignore_ascii_case(host) && is_local(host)).then_some(
        "names a jwks_uri on a loopback or link-local address: allowed_key_hosts can allow it",
    )
}

/// Returns whether a host is this machine or on its link, by its address or as `localhost`.
///
/// HTTP clients also read other forms of an IPv4 address (`127.1`, `0x7f000001`, percent-encoded
/// ones), so a host that may be one counts as local.
fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.strip_suffix('.').unwrap_or(host);
    match host.parse::<IpAddr>() {
        Ok(address) => is_local_address(address.to_canonical()),
        Err(_) => host.contains('%') || is_localhost(host) || ends_in_number(host),
    }
}

/// The metadata service of AWS, which has a unique local address.
const AWS_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn is_local_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            let embedded = embedded_in(v6).map(IpAddr::V4);
            v6.is_loopback()
                || v6.is_unicast_link_local()
                || v6.is_unspecified()
                || v6 == AWS_METADATA
                || embedded.is_some_and(is_local_address)
        }
    }
}

/// Returns the IPv4 address in an IPv6 address: compatible (RFC 4291 §2.5.5.1), translated (RFC
/// 7915), by NAT64 (RFC 6052, RFC 8215), or by 6to4 (RFC 3056).
fn embedded_in(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => {
            let bits = u32::from(high) << 16 | u32::from(low);
            Some(Ipv4Addr::from_bits(bits))
        }
        _ => None,
    }
}

/// Names that systems give themselves in their file of hosts, and those of link-local services of
/// clouds.
const LOCAL_NAMES: [&str; 11] = [
    "localhost.localdomain",
    "localhost4",
    "localhost4.localdomain4",
    "localhost6",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
    "instance-data",
    "metadata",
    "metadata.goog",
    "metadata.google.internal",
];

/// `localhost` and the names below it (RFC 6761 §6.3), and [`LOCAL_NAMES`]. Other names are not
/// resolved.
fn is_localhost(host: &str) -> bool {
    is_localhost_name(host)
        || LOCAL_NAMES
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host))
}

/// Returns whether the last label is a number: then the URL standard reads the host as an IPv4
/// address.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    match last.strip_prefix("0x").or_else(|| last.strip_prefix("0X")) {
        Some(hex) => hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_and_its_link_are_local_in_every_form() {
        for host in [
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[febf::1]",
            "[::127.0.0.1]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::a9fe:a9fe]",
            "[fd00:ec2::254]",
            "metadata",
            "[2002:a9fe:a9fe::]",
            "ip6-localhost",
            "localhost.localdomain",
            "Metadata.Google.Internal.",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.169.254]",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0X7F.1",
            "0x",
            "0177.0.0.1",
            "%31%32%37.0.0.1",
            "localhost",
            "LocalHost.",
            "keys.localhost",
        ] {
            assert!(is_local(host), "{host}");
        }
    }

    #[test]
    fn other_addresses_and_names_are_not_local() {
        for host in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "203.0.113.7",
            "[fd00::1]",
            "[2001:db8::1]",
            "[::ffff:10.0.0.1]",
            "login.example",
            "127.0.0.1.example",
            "localhost.example",
            "0xyz.example",
            "1e100.net",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
