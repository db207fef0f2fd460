//! JSON objects, and nothing else where an object belongs.

use serde::Deserialize;

/// Reads an object in UTF-8 (RFC 8259 §8.1). By itself serde takes an array for a struct too, member by member, and does
/// not look at the encoding of what it skips.
pub(crate) fn object<'j, T: Deserialize<'j>>(json: &'j [u8]) -> Option<T> {
    let text = std::str::from_utf8(json).ok()?;
    if text.trim_ascii_start().starts_with('{') {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}
