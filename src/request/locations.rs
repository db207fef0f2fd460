//! Reading the token out of each location of a request.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, SEC_WEBSOCKET_PROTOCOL};

use super::RequestParts;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};

/// The start of the WebSocket subprotocol that carries a token, as Kubernetes defines it.
pub(super) const PROTOCOL_PREFIX: &[u8] = b"base64url.bearer.authorization.k8s.io.";

/// Reads `Bearer <token>`: the scheme in any letter case, then one or more spaces (RFC 9110 §11.4,
/// RFC 6750 §2.1).
pub(super) fn bearer<'r>(parts: &RequestParts<'r>) -> Result<Option<&'r [u8]>, Error> {
    let Some(value) = at_most_one(parts.headers().get_all(AUTHORIZATION).iter())? else {
        return Ok(None);
    };
    let Some(rest) = bearer_credentials(value.as_bytes()) else {
        return Ok(None);
    };
    let token = trim_spaces(rest);
    if rest.starts_with(b" ") && !token.is_empty() {
        return Ok(Some(token));
    }
    // `Bearer` without a token, or not followed by a space.
    let joined = is_joined(rest);
    Err(if joined {
        ErrorKind::InvalidRequest
    } else {
        ErrorKind::MalformedToken
    }
    .into())
}

/// Returns what follows the scheme `Bearer`, or `None` if the scheme is another one. White space
/// before a field's value does not belong to it (RFC 9110 §5.5); servers of HTTP/2 leave it there.
pub(super) fn bearer_credentials(value: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"Bearer";
    let value = match value {
        [b' ' | b'\t', ..] => value.trim_ascii_start(),
        _ => value,
    };
    let (scheme, rest) = value.split_at_checked(SCHEME.len())?;
    // The usual spelling first: this is cheaper than ignoring case.
    let is_bearer = scheme == SCHEME || scheme.eq_ignore_ascii_case(SCHEME);
    let is_longer = rest.first().is_some_and(|next| is_tchar(*next));
    (is_bearer && !is_longer).then_some(rest)
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
pub(super) fn cookie<'r>(
    parts: &RequestParts<'r>,
    name: &str,
) -> Result<Option<Cow<'r, str>>, Error> {
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
    first.map(utf8).transpose()
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

/// Reads the subprotocol that starts with [`PROTOCOL_PREFIX`].
pub(super) fn websocket_protocol<'r>(
    parts: &RequestParts<'r>,
    max_len: usize,
) -> Result<Option<Cow<'r, str>>, Error> {
    let headers = parts
        .headers()
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .map(HeaderValue::as_bytes);
    // Subprotocols are tokens (RFC 6455 §4.1), never quoted strings.
    let protocols =
        headers.flat_map(|header| header.split(|byte| *byte == b',').map(<[u8]>::trim_ascii));
    let tokens = protocols.filter_map(|protocol| protocol.strip_prefix(PROTOCOL_PREFIX));
    let Some(encoded) = at_most_one(tokens)? else {
        return Ok(None);
    };
    // Four characters encode three bytes. A longer token is rejected without decoding it.
    if encoded.len() > max_len.saturating_mul(4).div_ceil(3) {
        return Err(ErrorKind::TokenTooLarge.into());
    }
    let decoded = base64url::decode(encoded).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .map(|token| Some(Cow::Owned(token)))
        .ok_or(ErrorKind::MalformedToken.into())
}

/// Returns whether the value was joined from two headers: a comma separates them (RFC 9110 §5.3),
/// and no token contains one.
pub(super) fn is_joined(value: &[u8]) -> bool {
    memchr::memchr(b',', value).is_some()
}

fn at_most_one<T>(mut values: impl Iterator<Item = T>) -> Result<Option<T>, Error> {
    let first = values.next();
    if values.next().is_some() {
        Err(ErrorKind::InvalidRequest.into())
    } else {
        Ok(first)
    }
}

fn utf8(value: &[u8]) -> Result<Cow<'_, str>, Error> {
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
