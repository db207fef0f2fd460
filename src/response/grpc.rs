//! gRPC status in the headers of a response without a body (`PROTOCOL-HTTP2.md`, Trailers-Only).

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TE};
use http::{Method, Version};

use crate::encoding::header_list;
use crate::error::{Error, ErrorClass};
use crate::request::{GrpcResponses, RequestParts};

pub(super) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Returns the content type of the response to a gRPC request, or `None` if the response has an
/// HTTP status.
///
/// A Trailers-Only response has HTTP status 200, so a caller that can choose it can choose 200. A
/// gRPC request is what its specification asks for: `POST` over HTTP/2 with `te: trailers`, or
/// gRPC-Web, which has neither. In response to a GET, a cache could store 200 as the resource.
pub(super) fn content_type(request: &RequestParts<'_>) -> Option<HeaderValue> {
    if request.is_grpc_call() {
        return Some(response_type(Form::Grpc, Suffix::Other));
    }
    let content_type = Some(request.headers())
        .filter(|_| request.method() == Method::POST)?
        .get(CONTENT_TYPE)?;
    let (form, suffix) = parse(content_type.as_bytes())?;
    let is_call = form != Form::Grpc || has_trailers(request);
    (is_call && is_enabled(request)).then(|| response_type(form, suffix))
}

/// Returns whether the layer answers gRPC here.
fn is_enabled(request: &RequestParts<'_>) -> bool {
    let Some(layer) = request.layer() else {
        return true;
    };
    match &layer.settings().grpc {
        GrpcResponses::Everywhere => true,
        GrpcResponses::Nowhere => false,
        GrpcResponses::Only(paths) => paths.contains(request.for_predicates().uri().path()),
    }
}

/// Returns whether the request can carry trailers and asks for them (`PROTOCOL-HTTP2.md`).
fn has_trailers(request: &RequestParts<'_>) -> bool {
    let values = request.headers().get_all(TE).iter();
    let mut members = values.flat_map(|value| header_list::members(value.as_bytes()));
    request.version() >= Version::HTTP_2
        && members.any(|member| member.eq_ignore_ascii_case(b"trailers"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Grpc,
    Web,
    /// gRPC-Web in base64. Without a body, it is the same.
    WebText,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    Proto,
    Json,
    /// None, or one of another codec.
    Other,
}

/// Reads `application/grpc`, `application/grpc-web` or `application/grpc-web-text`, each with or
/// without a `+suffix` and parameters. Media types are case-insensitive (RFC 9110 §8.3.1).
fn parse(content_type: &[u8]) -> Option<(Form, Suffix)> {
    let rest = strip_prefix(content_type, b"application/grpc")?;
    let (form, rest) = match strip_prefix(rest, b"-web") {
        None => (Form::Grpc, rest),
        Some(rest) => match strip_prefix(rest, b"-text") {
            None => (Form::Web, rest),
            Some(rest) => (Form::WebText, rest),
        },
    };
    let end = |byte: &u8| matches!(byte, b';' | b' ' | b'\t');
    let suffix = rest.split(end).next().unwrap_or_default();
    match suffix.strip_prefix(b"+") {
        Some(codec) if codec.eq_ignore_ascii_case(b"proto") => Some((form, Suffix::Proto)),
        Some(codec) if codec.eq_ignore_ascii_case(b"json") => Some((form, Suffix::Json)),
        Some(_) => Some((form, Suffix::Other)),
        None => suffix.is_empty().then_some((form, Suffix::Other)),
    }
}

fn strip_prefix<'v>(value: &'v [u8], prefix: &[u8]) -> Option<&'v [u8]> {
    let (start, rest) = value.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns one of nine values: nothing of the request's is repeated.
const fn response_type(form: Form, suffix: Suffix) -> HeaderValue {
    HeaderValue::from_static(match (form, suffix) {
        (Form::Grpc, Suffix::Proto) => "application/grpc+proto",
        (Form::Grpc, Suffix::Json) => "application/grpc+json",
        (Form::Grpc, Suffix::Other) => "application/grpc",
        (Form::Web, Suffix::Proto) => "application/grpc-web+proto",
        (Form::Web, Suffix::Json) => "application/grpc-web+json",
        (Form::Web, Suffix::Other) => "application/grpc-web",
        (Form::WebText, Suffix::Proto) => "application/grpc-web-text+proto",
        (Form::WebText, Suffix::Json) => "application/grpc-web-text+json",
        (Form::WebText, Suffix::Other) => "application/grpc-web-text",
    })
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
    use super::parse;
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
                let parsed = parse(content_type.as_bytes());
                assert!(parsed.is_some(), "{content_type}");
                assert_eq!(parse(content_type.to_uppercase().as_bytes()), parsed);
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
            assert_eq!(parse(content_type.as_bytes()), None, "{content_type}");
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
