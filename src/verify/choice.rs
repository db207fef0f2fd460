//! The issuer that a token names, found before its claims are read as a whole.

use std::ops::Range;

use super::IssuerSet;
use super::issuers::Lookup;
use crate::encoding::json::find_text;
use crate::jwt::Compact;
use crate::jwt::decoded_payload::decode_text;

/// What `iss` of a token says that was not verified.
pub(super) enum Named<'s> {
    By {
        lookup: Lookup<'s>,
        /// Where the name is in the payload.
        name: Range<usize>,
        /// The length of the decoded payload, which the buffer starts with.
        payload_len: usize,
    },
    /// `iss` is absent, not a string, or written with escapes.
    Unclear,
    /// The payload is not base64url, or not UTF-8.
    Malformed,
}

/// Decodes the payload into the buffer, and finds the issuer that it names.
///
/// If the payload turns out to be a claims set, the name is that of its `iss`. So its keys can
/// check the signature first, and a flood of other issuers' tokens need not be read further.
pub(super) fn named_issuer<'s>(
    issuers: &'s IssuerSet,
    token: &Compact<'_>,
    buffer: &mut Vec<u8>,
) -> Named<'s> {
    // The key id, which will stand behind the payload, is shorter than the header.
    let decoded = decode_text(token.payload, token.header.len(), buffer);
    let Some(payload_len) = decoded else {
        return Named::Malformed;
    };
    named_in(issuers, buffer, payload_len)
}

/// Finds the issuer that a payload names, which the buffer starts with.
pub(super) fn named_in<'s>(issuers: &'s IssuerSet, buffer: &[u8], payload_len: usize) -> Named<'s> {
    let payload = buffer.get(..payload_len).map(std::str::from_utf8);
    let Some(Ok(payload)) = payload else {
        return Named::Malformed;
    };
    let name = find_text(payload, "iss");
    let Some((name, text)) = name.and_then(|name| Some((name.clone(), payload.get(name)?))) else {
        return Named::Unclear;
    };
    Named::By {
        lookup: issuers.find(text),
        name,
        payload_len,
    }
}
