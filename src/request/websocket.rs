//! Reading the token out of the subprotocols of a WebSocket handshake. Browsers can't set other
//! headers in it.

use std::borrow::Cow;

use http::header::{HeaderMap, SEC_WEBSOCKET_PROTOCOL};

use super::RequestParts;
use super::locations::{at_most_one, utf8};
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};

/// The start of the subprotocol that carries a token, as Kubernetes defines it.
pub(super) const PROTOCOL_PREFIX: &[u8] = b"base64url.bearer.authorization.k8s.io.";

/// The subprotocol before one that is a token.
pub(super) const BEARER: &[u8] = b"bearer";
/// The start of a subprotocol that carries a token.
const BEARER_PREFIX: &[u8] = b"bearer.";

/// Reads the subprotocol that starts with [`PROTOCOL_PREFIX`].
pub(super) fn kubernetes_protocol<'r>(
    parts: &RequestParts<'r>,
    max_len: usize,
) -> Result<Option<Cow<'r, str>>, Error> {
    let protocols = protocols(parts.headers());
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

/// Reads the subprotocol after `bearer`, or the rest of one that starts with `bearer.`.
pub(super) fn bearer_protocol<'r>(parts: &RequestParts<'r>) -> Result<Option<Cow<'r, str>>, Error> {
    let tokens = with_tokens(parts.headers()).filter_map(|(_, token)| token);
    at_most_one(tokens)?.map(utf8).transpose()
}

/// Returns the subprotocols, each with the token that it carries. After `bearer` at the end, the
/// token is empty.
pub(super) fn with_tokens(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    let mut protocols = protocols(headers);
    let mut follows_bearer = false;
    std::iter::from_fn(move || {
        let Some(protocol) = protocols.next() else {
            return std::mem::take(&mut follows_bearer).then_some((&b""[..], Some(&b""[..])));
        };
        let token = if std::mem::take(&mut follows_bearer) {
            Some(protocol)
        } else {
            follows_bearer = protocol == BEARER;
            protocol.strip_prefix(BEARER_PREFIX)
        };
        Some((protocol, token))
    })
}

/// Returns the subprotocols. They are tokens (RFC 6455 §4.1), never quoted strings. Empty members
/// of a list don't count (RFC 9110 §5.6.1.2).
fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter();
    let protocols = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    protocols
        .map(<[u8]>::trim_ascii)
        .filter(|protocol| !protocol.is_empty())
}
