//! The headers in which a request of the Model Context Protocol repeats its method, and the name of
//! its tool, prompt or resource.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName};

pub(super) const METHOD: HeaderName = HeaderName::from_static("mcp-method");
pub(super) const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// What a value in base64 begins with.
const ENCODED: &str = "=?base64?";
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The version of MCP that introduced the headers.
const FIRST_VERSION: &[u8] = b"2026-07-28";

/// Returns whether the request is of a version of MCP in which servers compare the headers with the
/// body. In older ones, the headers mean nothing: a client could name any tool in them.
pub(super) fn are_compared(headers: &HeaderMap) -> bool {
    let mut versions = headers.get_all(VERSION).iter();
    match (versions.next(), versions.next()) {
        (Some(version), None) => {
            let version = version.as_bytes();
            is_date(version) && version >= FIRST_VERSION
        }
        _ => false,
    }
}

/// Returns whether the text has the form of a version, `YYYY-MM-DD`, so that versions are ordered
/// as their texts are.
fn is_date(text: &[u8]) -> bool {
    let is_like = |(byte, like): (&u8, &u8)| match like {
        b'-' => *byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == FIRST_VERSION.len() && text.iter().zip(FIRST_VERSION).all(is_like)
}

/// Returns the value of a header, decoded. `None` if it is absent, given twice, or malformed: also
/// if it begins with `=?BASE64?` in another case, which a server might decode.
pub(super) fn value(headers: &HeaderMap, name: HeaderName) -> Option<Cow<'_, str>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let text = value.to_str().ok()?;
    let is_encoded = |start: &str| start.eq_ignore_ascii_case(ENCODED);
    match text.split_at_checked(ENCODED.len()) {
        Some((start, encoded)) if is_encoded(start) => {
            let encoded = encoded.strip_suffix("?=").filter(|_| start == ENCODED)?;
            let bytes = STANDARD.decode(encoded).ok()?;
            String::from_utf8(bytes).ok().map(Cow::Owned)
        }
        _ => Some(Cow::Borrowed(text)),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn headers_are_compared_from_the_version_on_that_has_introduced_them() {
        let compared = |versions: &[&'static str]| {
            let versions = versions
                .iter()
                .map(|version| HeaderValue::from_static(version));
            are_compared(&versions.map(|version| (VERSION, version)).collect())
        };
        for version in ["2026-07-28", "2026-07-29", "2026-10-01", "2027-01-01"] {
            assert!(compared(&[version]), "{version}");
        }
        for version in [
            "",
            "2025-11-25",
            "2026-07-27",
            "2026-07-28 ",
            "2026-07-281",
            "2026/07/28",
            "DRAFT-2026",
            "9",
            "2026-07-28, 2025-11-25",
        ] {
            assert!(!compared(&[version]), "{version}");
        }
        assert!(!compared(&[]));
        assert!(!compared(&["2026-07-28", "2026-07-28"]));
    }

    fn read(values: &[&[u8]]) -> Option<String> {
        let values = values
            .iter()
            .map(|value| HeaderValue::from_bytes(value).unwrap());
        let headers: HeaderMap = values.map(|value| (NAME, value)).collect();
        value(&headers, NAME).map(Cow::into_owned)
    }

    #[test]
    fn a_value_is_plain_or_base64_of_utf_8() {
        for (value, expected) in [
            ("get_weather", "get_weather"),
            ("file:///a b", "file:///a b"),
            ("=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, 世界"),
            ("=?base64?IHBhZGRlZCA=?=", " padded "),
            ("=?base64??=", ""),
        ] {
            assert_eq!(
                read(&[value.as_bytes()]).as_deref(),
                Some(expected),
                "{value}"
            );
        }
    }

    #[test]
    fn a_value_that_is_absent_doubled_or_malformed_is_none() {
        let malformed: [&[&[u8]]; 10] = [
            &[],
            &[b"a", b"a"],
            &["ä".as_bytes()],
            &[b"=?base64?YQ=="],
            &[b"=?base64?YQ?="],
            &[b"=?base64?YR==?="],
            &[b"=?base64?%%%%?="],
            &[b"=?base64?//4=?="],
            &[b"=?base64?YQ==?= "],
            &[b"=?BASE64?YQ==?="],
        ];
        for values in malformed {
            assert_eq!(read(values), None, "{values:?}");
        }
    }
}
