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
