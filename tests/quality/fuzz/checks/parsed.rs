//! A challenge, read by the parser of another crate and checked against the further requirements of
//! RFC 6750 §3.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// Returns the attributes of the only challenge, or `None` if there is none.
pub fn challenge(headers: &HeaderMap) -> Option<Vec<(String, String)>> {
    let mut values = headers.get_all(WWW_AUTHENTICATE).iter();
    let value = values.next()?.to_str().expect("visible ASCII");
    assert!(values.next().is_none(), "two challenges");
    let challenges = http_auth::parse_challenges(value).unwrap_or_else(|error| panic!("{error}"));
    let [challenge] = challenges.as_slice() else {
        panic!("not one challenge: {value}")
    };
    assert_eq!(challenge.scheme, "Bearer");
    let attributes: Vec<_> = challenge
        .params
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.to_unescaped()))
        .collect();
    for (index, (name, value)) in attributes.iter().enumerate() {
        assert!(
            attributes
                .iter()
                .skip(index + 1)
                .all(|(other, _)| other != name),
            "{name} twice"
        );
        assert!(value.bytes().all(may_be_quoted), "{name}={value:?}");
    }
    // RFC 6750 allows no escapes.
    assert!(!value.contains('\\'), "{value}");
    Some(attributes)
}

pub fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(other, _)| other == name)
        .map(|(_, value)| value.as_str())
}

/// RFC 6750 §3: `%x20-21 / %x23-5B / %x5D-7E`.
pub const fn may_be_quoted(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// `scope-token` of RFC 6749 §3.3.
pub fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte != b' ' && may_be_quoted(byte))
}
