//! JSON objects.

mod document;
mod find;
mod member_names;
mod pointer;
mod raw;
mod text;

use serde::Deserialize;

pub(crate) use self::document::{Document, IgnoredValue};
pub(crate) use self::find::find_text;
pub(crate) use self::member_names::{MemberNames, duplicate_name};
pub(crate) use self::pointer::{at_pointer, escape, reference_tokens};
pub(crate) use self::raw::{elements, member};
pub(crate) use self::text::JsonStr;

/// Deserializes a JSON object in UTF-8 (RFC 8259 §8.1). Returns `None` for anything else.
///
/// Both checks are needed: `serde` also deserializes structs from arrays, and `serde_json` does not
/// check the encoding of values that it skips.
pub(crate) fn object<'j, T: Deserialize<'j>>(json: &'j [u8]) -> Option<T> {
    let text = std::str::from_utf8(json).ok()?;
    if text.trim_ascii_start().starts_with('{') {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}
