//! Reading the token out of each location of a request.

use std::borrow::Cow;

use http::header::{COOKIE, HeaderName, HeaderValue};

use super::RequestParts;
use crate::error::{Error, ErrorKind};

/// The scheme of access tokens (RFC 6750 §2.1).
pub(crate) const BEARER: &str = "Bearer";

/// Reads `<scheme> <token>`: the scheme in any letter case, then one or more spaces (RFC 9110
/// §11.4, RFC 6750 §2.1).
pub(super) fn credentials<'r>(
    parts: &RequestParts<'r>,
    name: &HeaderName,
    scheme: &str,
) -> Result<Option<&'r [u8]>, Error> {
    let Some(value) = at_most_one(parts.headers().get_all(name).iter())? else {
        return Ok(None);
    };
    let rest = after_scheme(value.as_bytes(), scheme);
    rest.map(token_after_scheme).transpose()
}

/// Returns the token in what follows a scheme. Rejects a scheme without one, or not followed by a
/// space.
fn token_after_scheme(rest: &[u8]) -> Result<&[u8], Error> {
    let token = trim_spaces(rest);
    if rest.starts_with(b" ") && !token.is_empty() {
        return Ok(token);
    }
    let joined = is_joined(rest);
    Err(if joined {
        ErrorKind::InvalidRequest
    } else {
        ErrorKind::MalformedToken
    }
    .into())
}

/// Returns what follows the scheme, or `None` if the scheme is another one. White space before a
/// field's value does not belong to it (RFC 9110 §5.5); servers of HTTP/2 leave it there.
pub(super) fn after_scheme<'v>(value: &'v [u8], scheme: &str) -> Option<&'v [u8]> {
    let value = match value {
        [b' ' | b'\t', ..] => value.trim_ascii_start(),
        _ => value,
    };
    let (found, rest) = value.split_at_checked(scheme.len())?;
    // The usual spelling first: this is cheaper than ignoring case.
    let scheme = scheme.as_bytes();
    let is_same = found == scheme || found.eq_ignore_ascii_case(scheme);
    let is_longer = rest.first().is_some_and(|next| is_tchar(*next));
    (is_same && !is_longer).then_some(rest)
}

/// Reads a header whose whole value is the token.
pub(super) fn header<'r>(
    parts: &RequestParts<'r>,
    name: &HeaderName,
) -> Result<Option<Cow<'r, str>>, Error> {
    let value = at_most_one(parts.headers().get_all(name).iter())?;
    let text = |value: &'r HeaderValue| value.to_str().map(Cow::Borrowed);
    value
        .map(text)
        .transpose()
        .map_err(|_| ErrorKind::MalformedToken.into())
}

/// Reads a cookie. Cookies may be spread over several headers (RFC 9113 §8.2.3) and be quoted (RFC
/// 6265 §4.1.1). Reads bytes: other cookies in the same header need not be ASCII.
///
/// A browser sends a cookie twice if it was set for two paths or domains. Equal values count as
/// one, and empty ones as none, since servers delete a cookie by emptying it. Different values are
/// a malformed token and not an invalid request: signing in again replaces one of them.
fn cookie_bytes<'r>(parts: &RequestParts<'r>, name: &str) -> Result<Option<&'r [u8]>, Error> {
    let headers = parts
        .headers()
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes);
    let pairs = headers.flat_map(|header| header.split(|byte| *byte == b';'));
    let values = pairs.filter_map(|pair| cookie_value(pair, name));
    let mut values = values.map(unquoted).filter(|value| !value.is_empty());
    let first = values.next();
    if values.any(|other| Some(other) != first) {
        return Err(ErrorKind::MalformedToken.into());
    }
    Ok(first)
}

/// Reads a cookie whose value is the token.
pub(super) fn cookie<'r>(
    parts: &RequestParts<'r>,
    name: &str,
) -> Result<Option<Cow<'r, str>>, Error> {
    cookie_bytes(parts, name)?.map(utf8).transpose()
}

/// Reads a cookie whose value is `<scheme> <token>`.
pub(super) fn cookie_credentials<'r>(
    parts: &RequestParts<'r>,
    name: &str,
    scheme: &str,
) -> Result<Option<Cow<'r, str>>, Error> {
    let rest = match cookie_bytes(parts, name)? {
        Some(value) => after_scheme(value, scheme),
        None => None,
    };
    rest.map(|rest| utf8(token_after_scheme(rest)?)).transpose()
}

/// Returns the value of a cookie, or `None` if its name is another one.
pub(super) fn cookie_value<'p>(pair: &'p [u8], name: &str) -> Option<&'p [u8]> {
    let value = pair.trim_ascii().strip_prefix(name.as_bytes())?;
    value.strip_prefix(b"=")
}

/// Reads a query parameter.
pub(super) fn query<'r>(
    parts: &RequestParts<'r>,
    name: &str,
) -> Result<Option<Cow<'r, str>>, Error> {
    let query = parts.uri().query().unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    at_most_one(pairs.filter(|(key, _)| key == name).map(|(_, value)| value))
}

/// Returns whether the value was joined from two headers: a comma separates them (RFC 9110 §5.3),
/// and no token contains one.
pub(super) fn is_joined(value: &[u8]) -> bool {
    memchr::memchr(b',', value).is_some()
}

pub(super) fn at_most_one<T>(mut values: impl Iterator<Item = T>) -> Result<Option<T>, Error> {
    let first = values.next();
    if values.next().is_some() {
        Err(ErrorKind::InvalidRequest.into())
    } else {
        Ok(first)
    }
}

pub(super) fn utf8(value: &[u8]) -> Result<Cow<'_, str>, Error> {
    std::str::from_utf8(value)
        .map(Cow::Borrowed)
        .map_err(|_| ErrorKind::MalformedToken.into())
}

fn unquoted(value: &[u8]) -> &[u8] {
    value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .unwrap_or(value)
}

fn trim_spaces(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// Returns whether the byte is a `tchar` (RFC 9110 §5.6.2): a scheme's name consists of them.
const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
        )
}
