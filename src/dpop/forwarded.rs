//! What a trusted proxy says about the request that it got: `Forwarded` (RFC 7239), or
//! `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Prefix`.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, header};

use super::http_uri::Scheme;
use crate::encoding::header_list;

static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// The header fields in which a trusted proxy says how it was called, for
/// [`Dpop::forwarded_fields`](crate::Dpop::forwarded_fields), which has an example.
///
/// `Forwarded` has no prefix: use [`public_origin`](crate::Dpop::public_origin) where a proxy
/// removes one.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::ForwardedFields;
///
/// assert_eq!(ForwardedFields::default(), ForwardedFields::XForwarded);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedFields {
    /// `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Prefix`. The default.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239), with `proto` and `host`.
    Forwarded,
}

/// What a proxy says. `None`: nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded<'h> {
    pub(super) scheme: Option<Scheme>,
    pub(super) host: Option<Cow<'h, str>>,
    pub(super) prefix: Option<&'h str>,
}

impl<'h> Forwarded<'h> {
    /// Reads the fields. Of several values, the last one counts, which the nearest proxy has added.
    /// Returns `None` if a value is invalid.
    pub(super) fn read(headers: &'h HeaderMap, fields: ForwardedFields) -> Option<Self> {
        match fields {
            ForwardedFields::XForwarded => Self::x_forwarded(headers),
            ForwardedFields::Forwarded => Self::standard(headers),
        }
    }

    fn x_forwarded(headers: &'h HeaderMap) -> Option<Self> {
        let text = |name| {
            last_member(headers, name)
                .map(std::str::from_utf8)
                .transpose()
        };
        let scheme = text(&X_FORWARDED_PROTO).ok()?;
        let prefix = text(&X_FORWARDED_PREFIX).ok()?;
        if prefix.is_some_and(|prefix| !prefix.is_empty() && !prefix.starts_with('/')) {
            return None;
        }
        Some(Self {
            scheme: scheme
                .map(|name| Scheme::from_name(name).ok_or(()))
                .transpose()
                .ok()?,
            host: text(&X_FORWARDED_HOST).ok()?.map(Cow::Borrowed),
            prefix,
        })
    }

    fn standard(headers: &'h HeaderMap) -> Option<Self> {
        let mut forwarded = Self::default();
        let Some(element) = last_member(headers, &header::FORWARDED) else {
            return Some(forwarded);
        };
        let element = std::str::from_utf8(element).ok()?;
        for pair in pairs(element) {
            let (name, value) = pair.split_once('=')?;
            let value = unquoted(value)?;
            if name.eq_ignore_ascii_case("proto") {
                set_once(&mut forwarded.scheme, Scheme::from_name(&value)?)?;
            } else if name.eq_ignore_ascii_case("host") {
                set_once(&mut forwarded.host, value)?;
            }
        }
        Some(forwarded)
    }
}

/// Returns the last member of the last field of that name.
fn last_member<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h [u8]> {
    let field = headers.get_all(name).iter().next_back()?;
    header_list::members(field.as_bytes()).last()
}

/// Returns the parameters of an element, which a semicolon inside of quotes does not separate.
fn pairs(element: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let pairs = element.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => return character == ';' && !quoted,
        }
        false
    });
    pairs.map(str::trim_ascii).filter(|pair| !pair.is_empty())
}

/// Returns the text of a token or of a quoted string (RFC 9110 §5.6.4).
fn unquoted(value: &str) -> Option<Cow<'_, str>> {
    let Some(rest) = value.strip_prefix('"') else {
        return (!value.contains(['"', '\\'])).then_some(Cow::Borrowed(value));
    };
    let inner = rest.strip_suffix('"')?;
    if !inner.contains(['"', '\\']) {
        return Some(Cow::Borrowed(inner));
    }
    let (mut text, mut characters) = (String::new(), inner.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => text.push(characters.next()?),
            _ => text.push(character),
        }
    }
    Some(Cow::Owned(text))
}

/// Returns `None` if there is a value: two parameters of one name are an error (RFC 7239 §4).
fn set_once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn read(
        kind: ForwardedFields,
        fields: &[(&'static str, &str)],
    ) -> Option<(Option<Scheme>, Option<String>, Option<String>)> {
        let headers = headers(fields);
        let forwarded = Forwarded::read(&headers, kind)?;
        let host = forwarded.host.map(Cow::into_owned);
        Some((
            forwarded.scheme,
            host,
            forwarded.prefix.map(ToOwned::to_owned),
        ))
    }

    #[test]
    fn the_last_value_of_x_forwarded_counts() {
        let read = |fields: &[_]| read(ForwardedFields::XForwarded, fields);
        let all = read(&[
            ("x-forwarded-proto", "http"),
            ("x-forwarded-proto", "http, https"),
            ("x-forwarded-host", "evil.example, api.example:8443"),
            ("x-forwarded-prefix", "/v1"),
        ]);
        let (host, prefix) = (Some("api.example:8443".to_owned()), Some("/v1".to_owned()));
        assert_eq!(all, Some((Some(Scheme::Https), host, prefix)));
        assert_eq!(read(&[]), Some((None, None, None)));
        assert_eq!(
            read(&[("forwarded", "proto=http;host=evil")]),
            Some((None, None, None))
        );
        for invalid in [
            ("x-forwarded-proto", "ftp"),
            ("x-forwarded-proto", ""),
            ("x-forwarded-proto", "https,"),
            ("x-forwarded-prefix", "v1"),
            ("x-forwarded-prefix", "https://evil"),
            ("x-forwarded-host", "\u{e9}\u{ff}"),
        ] {
            if invalid.0 != "x-forwarded-host" {
                assert_eq!(read(&[invalid]), None, "{invalid:?}");
            }
        }
    }

    #[test]
    fn the_last_element_of_forwarded_counts() {
        let read = |fields: &[_]| read(ForwardedFields::Forwarded, fields);
        let expected = Some((
            Some(Scheme::Https),
            Some("api.example:8443".to_owned()),
            None,
        ));
        for value in [
            "proto=https;host=\"api.example:8443\"",
            "for=1.1.1.1;proto=http;host=evil, for=\"[::1]\"; Proto=HTTPS; HOST=api.example:8443",
            "for=\"a,b;proto=http\";host=\"api\\.example:8443\";proto=https",
        ] {
            assert_eq!(read(&[("forwarded", value)]), expected, "{value}");
        }
        let two = [("forwarded", "host=evil"), ("forwarded", "for=1.1.1.1")];
        assert_eq!(read(&two), Some((None, None, None)));
        for value in [
            "proto=https;proto=http",
            "host=a;host=b",
            "proto",
            "proto=ftp",
            "host=\"a",
            "host=a\"b",
            "host=\"a\"b\"",
            "host=\"a\\\"",
        ] {
            assert_eq!(read(&[("forwarded", value)]), None, "{value}");
        }
        assert_eq!(
            read(&[("x-forwarded-host", "evil")]),
            Some((None, None, None))
        );
    }
}
