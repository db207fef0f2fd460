//! Requests of browsers that can't have an `Authorization` header.

use http::Method;
use http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, ORIGIN, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING,
};

use crate::request::RequestParts;

/// Returns whether it is a CORS preflight, which carries no credentials (Fetch, "CORS protocol and
/// credentials"), and whose headers announce no body.
pub(super) fn is_preflight(parts: &RequestParts<'_>) -> bool {
    let headers = parts.headers();
    parts.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && !headers.contains_key(TRANSFER_ENCODING)
        && headers.get_all(CONTENT_LENGTH).iter().all(|len| len == "0")
}

/// Returns whether a browser asks for a WebSocket, in HTTP/1.1 (RFC 6455 §4.1) or later (RFC 8441
/// §5). A script can add no header but the subprotocols.
pub(super) fn is_websocket(parts: &RequestParts<'_>) -> bool {
    let headers = parts.headers();
    headers.contains_key(ORIGIN) && headers.contains_key(SEC_WEBSOCKET_VERSION)
}
