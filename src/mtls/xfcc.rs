//! Envoy's `X-Forwarded-Client-Cert`: elements, separated by commas, of pairs `key=value`,
//! separated by semicolons.

use super::flaw::Flaw;
use super::{Thumbprint, pem, percent};
use crate::encoding::header_list;

/// Which element counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element {
    /// The only one: a second one is rejected.
    Only,
    First,
    Last,
}

const BROKEN: Flaw =
    Flaw::Invalid("it is not a list of pairs, or a value is not quoted as it must be");

/// Returns the thumbprint of the certificate that an element describes.
pub(super) fn thumbprint(value: &[u8], element: Element) -> Result<Thumbprint, Flaw> {
    let mut elements = header_list::members(value);
    let first = elements.next().unwrap_or_default();
    match element {
        Element::Only if elements.next().is_some() => Err(Flaw::Repeated),
        Element::Only | Element::First => Details::read(first)?.thumbprint(),
        Element::Last => Details::read(elements.last().unwrap_or(first))?.thumbprint(),
    }
}

/// What an element says of the certificate. `By`, `Chain`, `Subject`, `URI` and `DNS` say nothing
/// of its thumbprint.
#[derive(Default)]
struct Details {
    /// `Hash`.
    hash: Option<Thumbprint>,
    /// The thumbprint of `Cert`.
    certificate: Option<Thumbprint>,
}

impl Details {
    fn read(element: &[u8]) -> Result<Self, Flaw> {
        let mut details = Self::default();
        for pair in header_list::parts(element, b';') {
            let (key, value) = key_and_value(pair).ok_or(BROKEN)?;
            if key.eq_ignore_ascii_case(b"Hash") {
                insert(&mut details.hash, hash(value)?)?;
            } else if key.eq_ignore_ascii_case(b"Cert") {
                let pem = percent::decode(value)?;
                insert(&mut details.certificate, pem::thumbprint(&pem)?)?;
            }
        }
        Ok(details)
    }

    fn thumbprint(self) -> Result<Thumbprint, Flaw> {
        match (self.hash, self.certificate) {
            (Some(hash), Some(certificate)) if hash != certificate => {
                Err(Flaw::Invalid("`Hash` is not that of `Cert`"))
            }
            (Some(thumbprint), _) | (None, Some(thumbprint)) => Ok(thumbprint),
            (None, None) => Err(Flaw::Invalid("it has neither `Hash` nor `Cert`")),
        }
    }
}

/// A key that is there twice is rejected: Envoy does not quote the URI of a certificate, which may
/// contain `;Hash=…`.
fn insert(place: &mut Option<Thumbprint>, thumbprint: Thumbprint) -> Result<(), Flaw> {
    match place.replace(thumbprint) {
        None => Ok(()),
        Some(_) => Err(Flaw::Invalid("`Hash` or `Cert` is repeated")),
    }
}

/// Returns the parts of a pair, without the quotes around the value. What is escaped in it stays so:
/// neither a hash nor an encoded certificate has a character that is.
fn key_and_value(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = memchr::memchr(b'=', pair)?;
    let (key, value) = pair.split_at_checked(len)?;
    let value = value.strip_prefix(b"=")?;
    if key.contains(&b'"') {
        return None;
    }
    let Some(quoted) = value.strip_prefix(b"\"") else {
        return (!value.contains(&b'"')).then_some((key, value));
    };
    let inner = quoted.strip_suffix(b"\"")?;
    is_closed_at_end(inner).then_some((key, inner))
}

/// Returns whether every quote within a quoted value is escaped, and the one at its end is not.
fn is_closed_at_end(inner: &[u8]) -> bool {
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return false,
            b'\\' if bytes.next().is_none() => return false,
            _ => {}
        }
    }
    true
}

fn hash(value: &[u8]) -> Result<Thumbprint, Flaw> {
    let not_sha256 = Flaw::Invalid("`Hash` is not the hex of a SHA-256");
    let (digits, []) = value.as_chunks::<2>() else {
        return Err(not_sha256);
    };
    let bytes = digits.iter().map(|[high, low]| percent::byte(*high, *low));
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(not_sha256)
}

#[cfg(test)]
mod tests {
    use super::super::test_certificate::{TestCertificate, certificate};
    use super::*;

    fn read(value: &str) -> Result<Thumbprint, Flaw> {
        thumbprint(value.as_bytes(), Element::Only)
    }

    #[track_caller]
    fn assert_read(value: &str) {
        assert_eq!(read(value), Ok(certificate().thumbprint()), "{value}");
    }

    #[track_caller]
    fn assert_invalid(value: &str) {
        assert!(matches!(read(value), Err(Flaw::Invalid(_))), "{value}");
    }

    fn hash() -> String {
        certificate().hash()
    }

    #[test]
    fn the_thumbprint_is_the_hash_or_that_of_the_certificate() {
        let (hash, cert) = (hash(), certificate().escaped_pem());
        for value in [
            format!("Hash={hash}"),
            format!("hash={hash}"),
            format!("HASH={}", hash.to_uppercase()),
            format!("Hash=\"{hash}\""),
            format!("Cert=\"{cert}\""),
            format!("cert={cert}"),
            format!("Hash={hash};Cert=\"{cert}\""),
            format!("By=spiffe://a/ns/b;Hash={hash};Subject=\"CN=c,O=d;e\";URI=spiffe://f"),
            format!("By=a;By=b;Hash={hash};URI=;DNS=c;DNS=d;Chain=\"{cert}\""),
        ] {
            assert_read(&value);
        }
    }

    #[test]
    fn a_hash_and_a_certificate_that_differ_are_invalid() {
        let other = TestCertificate::generate("other");
        assert_invalid(&format!("Hash={};Cert=\"{}\"", hash(), other.escaped_pem()));
        assert_invalid(&format!(
            "Hash={};Cert=\"{}\"",
            other.hash(),
            certificate().escaped_pem()
        ));
    }

    #[test]
    fn what_says_nothing_of_the_certificate_is_invalid() {
        let cert = certificate().escaped_pem();
        assert_invalid(&format!("Chain=\"{cert}\""));
        assert_invalid("By=a;Subject=\"CN=b\";URI=c");
        assert_invalid(&format!("Hashes={}", hash()));
    }

    #[test]
    fn a_hash_is_64_hex_digits() {
        let hash = hash();
        let without = |len| hash.chars().skip(len).collect::<String>();
        for broken in [
            String::new(),
            // As long as one of SHA-1.
            without(24),
            without(1),
            without(2),
            format!("{hash}00"),
            format!(" {hash}"),
            format!("{hash} a"),
            format!("0x{}", without(2)),
            hash.replacen(char::is_alphanumeric, "g", 1),
            hash.replacen(char::is_alphanumeric, "+", 1),
            "\u{fb01}".repeat(64 / 3),
        ] {
            assert_invalid(&format!("Hash={broken}"));
        }
    }

    #[test]
    fn a_certificate_in_an_element_is_escaped_pem_alone() {
        let cert = certificate().escaped_pem();
        for broken in [
            certificate().base64(),
            cert.replace("%0A", "%"),
            format!("{cert}x"),
            String::new(),
        ] {
            assert_invalid(&format!("Cert=\"{broken}\""));
            assert_invalid(&format!("Hash={};Cert=\"{broken}\"", hash()));
        }
        assert_eq!(read(&format!("Cert=\"{cert}{cert}\"")), Err(Flaw::Repeated));
    }

    #[test]
    fn a_key_that_is_repeated_is_invalid_whatever_its_case() {
        let (hash, cert) = (hash(), certificate().escaped_pem());
        assert_invalid(&format!("Hash={hash};hash={hash}"));
        assert_invalid(&format!("Cert=\"{cert}\";CERT=\"{cert}\""));
        // From the URI of a certificate, which Envoy does not quote.
        let other = TestCertificate::generate("other").hash();
        assert_invalid(&format!("Hash={other};URI=spiffe://a;Hash={hash}"));
    }

    #[test]
    fn what_is_within_quotes_is_no_pair_and_no_element() {
        let other = TestCertificate::generate("other").hash();
        let hash = hash();
        for subject in [
            format!("CN=a;Hash={other}"),
            format!("CN=a,Hash={other}"),
            format!("CN=\\\";Hash={other};x=\\\""),
            format!("CN=a\\\\\\\",Hash={other}"),
            "CN=\\\\".to_owned(),
        ] {
            assert_read(&format!("Hash={hash};Subject=\"{subject}\";URI=b"));
            assert_read(&format!("Subject=\"{subject}\";Hash={hash}"));
        }
    }

    #[test]
    fn quotes_are_around_a_whole_value() {
        let hash = hash();
        for broken in [
            format!("Hash={hash};Subject=\"CN=a"),
            format!("Hash={hash};Subject=CN=a\""),
            format!("Hash={hash};Subject=a\"b\""),
            format!("Hash={hash};Subject=\"a\"b"),
            format!("Hash={hash};Subject=\"a\"b\"c\""),
            format!("Hash={hash};Subject=\"a\\\""),
            format!("Hash={hash};Subject=\""),
            format!("Hash={hash};\"Subject\"=a"),
            format!("Hash=\"{hash}"),
            format!("\"Hash={hash}\""),
        ] {
            assert_invalid(&broken);
        }
    }

    #[test]
    fn a_pair_has_an_equals_sign() {
        let hash = hash();
        for broken in [
            hash.clone(),
            format!("Hash={hash};"),
            format!(";Hash={hash}"),
            format!("Hash={hash};;By=a"),
            format!("Hash={hash};By"),
            format!("Hash:{hash}"),
            format!("Hash ={hash}"),
        ] {
            assert_invalid(&broken);
        }
    }

    #[test]
    fn more_than_one_element_is_a_repetition_unless_it_is_said_which_counts() {
        let other = TestCertificate::generate("other");
        let (one, two) = (hash(), other.hash());
        let (first, last) = (Ok(certificate().thumbprint()), Ok(other.thumbprint()));
        let value = format!("By=a;Hash={one},By=b;Hash={two}");
        assert_eq!(read(&value), Err(Flaw::Repeated));
        assert_eq!(thumbprint(value.as_bytes(), Element::First), first);
        assert_eq!(thumbprint(value.as_bytes(), Element::Last), last);
        let alone = format!("Hash={one}");
        assert_eq!(thumbprint(alone.as_bytes(), Element::First), first);
        assert_eq!(thumbprint(alone.as_bytes(), Element::Last), first);
        for list in [
            format!("Hash={one},"),
            format!(",Hash={one}"),
            ",".to_owned(),
        ] {
            assert_eq!(read(&list), Err(Flaw::Repeated), "{list}");
        }
        // From the URI of a certificate, which Envoy does not quote.
        let injected = format!("Hash={two};URI=spiffe://a,Hash={one}");
        assert_eq!(read(&injected), Err(Flaw::Repeated));
        let empty = thumbprint(format!("Hash={one},").as_bytes(), Element::Last);
        assert!(matches!(empty, Err(Flaw::Invalid(_))));
    }
}
