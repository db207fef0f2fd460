//! gRPC status in the headers of a response without a body (`PROTOCOL-HTTP2.md`, Trailers-Only).

use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, ErrorClass};
use crate::request::RequestParts;

pub(super) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Returns the content type of a gRPC request, which its response repeats, or `None`.
///
/// gRPC calls are always POST. A Trailers-Only response has status 200: in response to a GET, a
/// cache could store it as the resource.
pub(super) fn content_type(request: &RequestParts<'_>) -> Option<HeaderValue> {
    let call = Some(request).filter(|request| request.method() == Method::POST);
    call?
        .headers()
        .get(CONTENT_TYPE)
        .filter(|value| is_grpc(value.as_bytes()))
        .cloned()
}

/// Accepts `application/grpc`, `application/grpc-web` and `application/grpc-web-text`, each with or
/// without a `+suffix` and parameters. Media types are case-insensitive (RFC 9110 §8.3.1).
fn is_grpc(content_type: &[u8]) -> bool {
    let Some(rest) = strip_prefix(content_type, b"application/grpc") else {
        return false;
    };
    // The text form of gRPC-Web is the binary one in base64. Without a body, both are the same.
    let web = strip_prefix(rest, b"-web-text").or_else(|| strip_prefix(rest, b"-web"));
    matches!(
        web.unwrap_or(rest).first(),
        None | Some(b'+' | b';' | b' ' | b'\t')
    )
}

fn strip_prefix<'v>(value: &'v [u8], prefix: &[u8]) -> Option<&'v [u8]> {
    let (start, rest) = value.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Adds the headers of a Trailers-Only response, which gRPC-Web allows, too.
pub(super) fn add_status(error: &Error, content_type: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(STATUS, HeaderValue::from(code(error.class())));
    headers.insert(MESSAGE, HeaderValue::from_static(error.description()));
}

/// Returns the gRPC status code of an error.
pub(super) const fn code(class: ErrorClass) -> u16 {
    match class {
        ErrorClass::InvalidRequest => 3, // INVALID_ARGUMENT
        ErrorClass::Unauthorized => 16,  // UNAUTHENTICATED
        ErrorClass::Forbidden => 7,      // PERMISSION_DENIED
        ErrorClass::Unavailable => 14,   // UNAVAILABLE
    }
}

#[cfg(test)]
mod tests {
    use super::is_grpc;
    use crate::error::{Error, ErrorKind};

    #[test]
    fn grpc_and_grpc_web_are_recognised_by_their_content_type() {
        for form in ["", "-web", "-web-text"] {
            let suffixes = [
                "",
                "+proto",
                "+json",
                ";charset=utf-8",
                " ; x=y",
                "+proto; x=y",
            ];
            for suffix in suffixes {
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
    fn content_types_that_resemble_grpc_are_not_grpc() {
        let others = [
            "",
            "application/grp",
            "application/grpcx",
            "application/grpc-",
            "application/grpc-text",
            "text/grpc",
            "application/grpc-webx",
            "application/grpc-web-textual",
        ];
        for content_type in others {
            assert!(!is_grpc(content_type.as_bytes()), "{content_type}");
        }
    }

    #[test]
    fn descriptions_need_no_percent_encoding() {
        for kind in ErrorKind::ALL {
            let description = Error::from(kind).description().as_bytes();
            let plain = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != b'%';
            assert!(description.iter().all(plain), "{kind:?}");
        }
    }
}
