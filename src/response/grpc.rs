//! The status of a call that never reached its method (gRPC over HTTP/2, `PROTOCOL-HTTP2.md`).

use std::fmt::Write as _;

use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::error::ErrorKind;
use crate::head::RequestHead;

pub(crate) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The content type of a gRPC request, which the response bears too; `None` for others. Calls are never anything but
/// POST: an answer with status 200 to a GET could be taken for the page, and kept by a cache.
pub(crate) fn content_type<'r>(request: &RequestHead<'r>) -> Option<&'r HeaderValue> {
    let call = Some(request).filter(|request| request.method() == Method::POST);
    call?
        .headers()
        .get(CONTENT_TYPE)
        .filter(|value| is_grpc(value.as_bytes()))
}

/// `application/grpc`, `…-web`, `…-web-text`, a `+suffix`, parameters. Media types have no case (RFC 9110 §8.3.1).
fn is_grpc(content_type: &[u8]) -> bool {
    let Some(rest) = strip(content_type, b"application/grpc") else {
        return false;
    };
    // gRPC-Web's text form is the binary one in Base64; a response without a body is the same in both.
    let rest = strip(rest, b"-web-text")
        .or_else(|| strip(rest, b"-web"))
        .unwrap_or(rest);
    matches!(rest.first(), None | Some(b'+' | b';' | b' ' | b'\t'))
}

fn strip<'v>(value: &'v [u8], prefix: &[u8]) -> Option<&'v [u8]> {
    let (start, rest) = value.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Trailers-Only: the HTTP status is 200, and the status of the call is in the headers. gRPC-Web allows that too.
pub(super) fn add_status(kind: ErrorKind, content_type: &HeaderValue, headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, content_type.clone());
    headers.insert(STATUS, HeaderValue::from(code(kind)));
    headers.insert(MESSAGE, message(kind.description()));
}

/// The code by which gRPC knows an error.
pub(crate) const fn code(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::InvalidRequest => 3,
        ErrorKind::InsufficientScope => 7,
        ErrorKind::KeysUnavailable => 14,
        _ => 16,
    }
}

/// Percent-encoded but for printable ASCII without `%`.
fn message(description: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(description.len());
    for byte in description.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            // Writing to a String can't fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    HeaderValue::try_from(encoded).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::{is_grpc, message};

    #[test]
    fn grpc_and_grpc_web_are_told_by_their_content_type() {
        for form in ["", "-web", "-web-text"] {
            for suffix in [
                "",
                "+proto",
                "+json",
                "+thrift",
                ";charset=utf-8",
                " ; x=y",
                "+proto; x=y",
            ] {
                let content_type = format!("application/grpc{form}{suffix}");
                assert!(is_grpc(content_type.as_bytes()), "{content_type}");
                assert!(
                    is_grpc(content_type.to_uppercase().as_bytes()),
                    "{content_type}"
                );
            }
        }
    }

    #[test]
    fn what_only_looks_like_grpc_is_not() {
        let others = [
            "",
            "application/grp",
            "application/grpcx",
            "application/grpc-",
            "application/grpc-text",
            "text/grpc",
        ];
        for content_type in others
            .into_iter()
            .chain(["application/grpc-webx", "application/grpc-web-textual"])
        {
            assert!(!is_grpc(content_type.as_bytes()), "{content_type}");
        }
    }

    #[test]
    fn a_message_is_percent_encoded_where_it_must_be() {
        assert_eq!(message("it's 100% Ünï\n"), "it's 100%25 %C3%9Cn%C3%AF%0A");
    }
}
