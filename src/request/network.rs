//! IP networks in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3).

use std::net::IpAddr;

use crate::config_error::ConfigError;

/// An IP network: the addresses that begin with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix_len: u8,
}

impl Network {
    /// Parses `192.0.2.0/24`, `2001:db8::/32`, or a single address.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::read(text).map_err(|reason| {
            ConfigError::invalid_setting(format!("network {text:?} of TrustedProxies: {reason}"))
        })
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        let (address, len) = text
            .split_once('/')
            .map_or((text, None), |(address, len)| (address, Some(len)));
        let address: IpAddr = address.parse().map_err(|_| FORM)?;
        if address.to_canonical() != address {
            return Err("an IPv4-mapped address counts as IPv4: write the IPv4 address");
        }
        let max_len = if address.is_ipv4() { 32 } else { 128 };
        let prefix_len = len.map_or(Ok(max_len), prefix_len)?;
        match prefix_len {
            0 => Err("/0 would trust every peer"),
            len if len > max_len => Err("the length of the prefix exceeds that of the address"),
            len if masked(address, len) != bits(address) => {
                Err("the address has bits after the prefix")
            }
            prefix_len => Ok(Self {
                address,
                prefix_len,
            }),
        }
    }

    /// Returns whether the network has the address, which is not an IPv4-mapped one.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && masked(address, self.prefix_len) == bits(self.address)
    }
}

const FORM: &str = "must be an IP address, or one with a prefix length: 10.0.0.0/8, fd00::/8";

/// Parses decimal digits without a sign or a leading zero.
fn prefix_len(text: &str) -> Result<u8, &'static str> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_decimal || (text.len() > 1 && text.starts_with('0')) {
        return Err(FORM);
    }
    text.parse().map_err(|_| FORM)
}

/// Returns the bits of an address, from the highest bit on.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Returns the bits of the prefix, and zeros.
fn masked(address: IpAddr, prefix_len: u8) -> u128 {
    let rest = u128::MAX.checked_shr(u32::from(prefix_len)).unwrap_or(0);
    bits(address) & !rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        let network = Network::parse(network).unwrap();
        network.contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_has_the_addresses_with_its_prefix() {
        for (network, first, last, before, after) in [
            (
                "10.0.0.0/8",
                "10.0.0.0",
                "10.255.255.255",
                "9.255.255.255",
                "11.0.0.0",
            ),
            (
                "192.0.2.64/26",
                "192.0.2.64",
                "192.0.2.127",
                "192.0.2.63",
                "192.0.2.128",
            ),
            (
                "128.0.0.0/1",
                "128.0.0.0",
                "255.255.255.255",
                "127.255.255.255",
                "::8000:0",
            ),
            (
                "192.0.2.7/32",
                "192.0.2.7",
                "192.0.2.7",
                "192.0.2.6",
                "192.0.2.8",
            ),
            (
                "192.0.2.7",
                "192.0.2.7",
                "192.0.2.7",
                "192.0.2.6",
                "192.0.2.8",
            ),
            ("fd00::/8", "fd00::", "fdff:ffff::1", "fcff::1", "fe00::"),
            (
                "2001:db8::/127",
                "2001:db8::",
                "2001:db8::1",
                "2001:db7::",
                "2001:db8::2",
            ),
            ("::1", "::1", "::1", "::", "::2"),
        ] {
            assert!(
                contains(network, first) && contains(network, last),
                "{network}"
            );
            assert!(
                !contains(network, before) && !contains(network, after),
                "{network}"
            );
        }
    }

    #[test]
    fn families_do_not_mix() {
        assert!(!contains("10.0.0.0/8", "a00::"));
        assert!(!contains("a00::/8", "10.0.0.0"));
    }

    #[test]
    fn a_text_that_is_not_a_network_is_rejected_with_the_reason() {
        for (text, reason) in [
            ("", "must be"),
            ("/8", "must be"),
            ("10.0.0.0/", "must be"),
            ("10.0.0.0/33", "exceeds"),
            ("10.0.0.0/256", "must be"),
            ("10.0.0.0/-1", "must be"),
            ("10.0.0.0/+8", "must be"),
            ("10.0.0.0/08", "must be"),
            ("10.0.0.0/8 ", "must be"),
            (" 10.0.0.0/8", "must be"),
            ("10.0.0/8", "must be"),
            ("010.0.0.0/8", "must be"),
            ("10.0.0.0/8/8", "must be"),
            ("10.0.0.0/255.0.0.0", "must be"),
            ("10.0.0.1/8", "bits after"),
            ("192.0.2.65/26", "bits after"),
            ("2001:db8::1/64", "bits after"),
            ("2001:db8::/129", "exceeds"),
            ("fe80::1%eth0", "must be"),
            ("[::1]", "must be"),
            ("10.0.0.1:80", "must be"),
            ("localhost", "must be"),
            ("0.0.0.0/0", "every peer"),
            ("::/0", "every peer"),
            ("::ffff:10.0.0.0/104", "IPv4-mapped"),
            ("::ffff:10.0.0.1", "IPv4-mapped"),
        ] {
            let error = Network::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
