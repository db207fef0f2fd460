//! The challenges of rejections: each can be parsed, and states what was configured.
//!
//! Input: a letter for the reason of the rejection, the realm, a line feed, the required scopes, a
//! line feed, and the content type of the request.

use std::future::ready;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, TE};
use http::{HeaderValue, Method, Request, Version};
use tower::Layer as _;
use tower_jwt_auth::{
    Algorithm, Claims, ErrorKind, Issuer, JwtAuthLayer, KeyQuery, KeySource, Keys, KeysError,
    KeysFuture, RequireLayer,
};

use super::answer::{Answer, ask_service, inner};
use super::parsed::{attribute, challenge, is_scope, may_be_quoted};
use super::world::{AUDIENCE, ISSUER, builder, clock, token_of};

/// A source whose keys are never available.
struct Unreachable;

impl KeySource for Unreachable {
    fn current(&self) -> Option<Keys<'_>> {
        None
    }

    fn refresh(&self, _: KeyQuery) -> KeysFuture {
        Box::pin(ready(Err(KeysError::new(
            Duration::from_secs(7),
            "connection refused",
        ))))
    }
}

pub fn check(data: &[u8]) {
    let Some((reason, rest)) = data.split_first() else {
        return;
    };
    let mut lines = rest
        .splitn(3, |byte| *byte == b'\n')
        .map(String::from_utf8_lossy);
    let mut line = || lines.next().unwrap_or_default().into_owned();
    let (realm, scopes, content_type) = (line(), line(), line());
    let scopes: Vec<_> = if scopes.is_empty() {
        Vec::new()
    } else {
        scopes.split(' ').collect()
    };
    let (request, kind) = rejected(*reason, &content_type);
    let Some(answer) = answer(*reason, &realm, &scopes, request) else {
        // Only invalid or missing scopes make the configuration invalid.
        assert!(
            !scopes.iter().all(|scope| is_scope(scope)) || (*reason == b'r' && scopes.is_empty())
        );
        return;
    };
    assert!(scopes.iter().all(|scope| is_scope(scope)));
    assert_eq!(answer.rejection, Some(kind));
    check_grpc(&answer, kind, content_type.as_bytes());
    let Some(attributes) = challenge(&answer.headers) else {
        return;
    };
    assert_eq!(
        attribute(&attributes, "realm"),
        Some(quotable(&realm).as_str())
    );
    let shown =
        (kind == ErrorKind::InsufficientScope && !scopes.is_empty()).then(|| scopes.join(" "));
    assert_eq!(attribute(&attributes, "scope"), shown.as_deref());
}

/// Returns the characters of a realm that are allowed in a challenge.
fn quotable(realm: &str) -> String {
    realm
        .chars()
        .filter(|c| u8::try_from(*c).is_ok_and(may_be_quoted))
        .collect()
}

/// Returns a request that is rejected for this reason, and the kind of its error.
fn rejected(reason: u8, content_type: &str) -> (Request<()>, ErrorKind) {
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    request
        .headers_mut()
        .insert(TE, HeaderValue::from_static("trailers"));
    if let Ok(value) = HeaderValue::from_bytes(content_type.as_bytes()) {
        request.headers_mut().insert(CONTENT_TYPE, value);
    }
    let valid = HeaderValue::try_from(format!("Bearer {}", token_of("alice"))).unwrap();
    let headers = request.headers_mut();
    let kind = match reason {
        b't' => {
            headers.append(AUTHORIZATION, valid.clone());
            headers.append(AUTHORIZATION, valid);
            ErrorKind::InvalidRequest
        }
        b'x' => {
            headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
            ErrorKind::MalformedToken
        }
        b's' | b'r' | b'k' => {
            headers.append(AUTHORIZATION, valid);
            if reason == b'k' {
                ErrorKind::KeysUnavailable
            } else {
                ErrorKind::InsufficientScope
            }
        }
        _ => ErrorKind::MissingToken,
    };
    (request, kind)
}

/// Returns the response of a service with this configuration, or `None` if that is invalid.
fn answer(reason: u8, realm: &str, scopes: &[&str], request: Request<()>) -> Option<Answer> {
    let builder = if reason == b'k' {
        let issuer =
            Issuer::from_key_source(ISSUER, Unreachable, AUDIENCE).algorithms([Algorithm::HS256]);
        JwtAuthLayer::builder(issuer).clock(clock())
    } else {
        builder()
    };
    let builder = builder.realm(realm);
    let configured = format!("{} {}", quotable(realm), scopes.join(" "));
    if reason == b'r' {
        let auth = builder.build().unwrap();
        let require = RequireLayer::any_scope(scopes.iter().copied()).ok()?;
        return Some(ask_service(
            auth.layer(require.layer(inner())),
            request,
            &configured,
        ));
    }
    let nothing = |_: &Claims| false;
    let builder = if scopes.is_empty() {
        builder.authorize(nothing)
    } else {
        builder.require_scopes(scopes.iter().copied())
    };
    Some(ask_service(
        builder.build().ok()?.layer(inner()),
        request,
        &configured,
    ))
}

/// Asserts that gRPC clients, and no others, get the status of the call in the headers.
fn check_grpc(answer: &Answer, kind: ErrorKind, content_type: &[u8]) {
    let header = |name: &str| answer.headers.get(name).map(HeaderValue::as_bytes);
    if HeaderValue::from_bytes(content_type).is_err() || !is_grpc(content_type) {
        assert_eq!(
            (
                header("grpc-status"),
                header("grpc-message"),
                header("content-type")
            ),
            (None, None, None)
        );
        return;
    }
    let status: &[u8] = match kind {
        ErrorKind::InvalidRequest => b"3",
        ErrorKind::InsufficientScope => b"7",
        ErrorKind::KeysUnavailable => b"14",
        _ => b"16",
    };
    assert_eq!(
        (header("grpc-status"), header("content-type")),
        (Some(status), Some(&*plain(content_type)))
    );
    let message = header("grpc-message").unwrap();
    assert!(!message.is_empty() && message.iter().all(|byte| matches!(byte, b' '..=b'~')));
}

/// Returns the media type without its parameters and an unknown suffix.
fn plain(content_type: &[u8]) -> Vec<u8> {
    let lower = content_type.to_ascii_lowercase();
    let end = lower
        .iter()
        .position(|byte| matches!(byte, b';' | b' ' | b'\t'));
    let media_type = &lower[..end.unwrap_or(lower.len())];
    let mut parts = media_type.splitn(2, |byte| *byte == b'+');
    let form = parts.next().unwrap();
    match parts.next() {
        Some(b"proto" | b"json") => media_type.to_vec(),
        _ => form.to_vec(),
    }
}

/// Returns whether this is a media type of gRPC or gRPC-Web, with any suffix and parameters.
fn is_grpc(content_type: &[u8]) -> bool {
    let lower = content_type.to_ascii_lowercase();
    let end = lower
        .iter()
        .position(|byte| matches!(byte, b'+' | b';' | b' ' | b'\t'))
        .unwrap_or(lower.len());
    matches!(
        &lower[..end],
        b"application/grpc" | b"application/grpc-web" | b"application/grpc-web-text"
    )
}
