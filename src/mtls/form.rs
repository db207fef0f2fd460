//! The forms in which proxies write a certificate into a header.

use super::der::thumbprint_of_base64;
use super::flaw::Flaw;
use super::{Thumbprint, pem, percent, xfcc};

/// The longest value that is read, in bytes: a certificate of the maximum length in PEM, in which
/// each byte is percent-encoded.
const MAX_LEN: usize = 68 * 1024;

#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// A Byte Sequence (RFC 8941 §3.3.5): base64 of DER between colons.
    ByteSequence,
    /// Percent-encoded PEM.
    EscapedPem,
    /// PEM with white space for line ends.
    Pem,
    /// Base64 of DER.
    Base64,
    /// Base64 of DER, or a list of these: the first one is the client's, the others are its chain.
    /// May be percent-encoded.
    Base64Chain,
    Xfcc(xfcc::Element),
}

impl Form {
    /// Returns the thumbprint of the certificate in a header's value.
    pub(super) fn thumbprint(self, value: &[u8]) -> Result<Thumbprint, Flaw> {
        if value.len() > MAX_LEN {
            return Err(Flaw::Invalid("the header is longer than 68 KiB"));
        }
        let value = value.trim_ascii();
        match self {
            Self::Xfcc(element) => xfcc::thumbprint(value, element),
            Self::Base64Chain => thumbprint_of_base64(&percent::decode(first(value))?),
            // No other form has a comma: it is a list, or two headers that a proxy has joined.
            _ if value.contains(&b',') => Err(Flaw::Repeated),
            Self::ByteSequence => thumbprint_of_base64(between_colons(value)?),
            Self::EscapedPem => pem::thumbprint(&percent::decode(value)?),
            Self::Pem => pem::thumbprint(value),
            Self::Base64 => thumbprint_of_base64(value),
        }
    }
}

/// Returns what is before the first comma.
fn first(list: &[u8]) -> &[u8] {
    let first = list.split(|byte| *byte == b',').next();
    first.unwrap_or_default().trim_ascii()
}

fn between_colons(value: &[u8]) -> Result<&[u8], Flaw> {
    let content = value.strip_prefix(b":");
    content
        .and_then(|content| content.strip_suffix(b":"))
        .ok_or(Flaw::Invalid("it is not a Byte Sequence"))
}
