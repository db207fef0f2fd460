//! The answers of RFC 6750.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use super::{MakeResponse, grpc};
use crate::error::{Error, ErrorKind};
use crate::head::RequestHead;

/// The response that the standards ask for, without a body.
///
/// | what is wrong | status | `WWW-Authenticate` |
/// |---|---|---|
/// | no token | 401 | `Bearer` |
/// | credentials twice | 400 | `error="invalid_request"` |
/// | anything with the token | 401 | `error="invalid_token"` |
/// | scope missing | 403 | `error="insufficient_scope"`, `scope="…"` |
/// | keys can't be had | 503 and `Retry-After` | none |
///
/// gRPC requests get HTTP 200 and a Trailers-Only response with the same headers, which gRPC clients see as metadata:
///
/// | what is wrong | `grpc-status` |
/// |---|---|
/// | no token, anything with the token | 16 `UNAUTHENTICATED` |
/// | credentials twice | 3 `INVALID_ARGUMENT` |
/// | scope missing | 7 `PERMISSION_DENIED` |
/// | keys can't be had | 14 `UNAVAILABLE` |
///
/// They are `POST`, and told by their content type: `application/grpc`, `application/grpc-web` or
/// `application/grpc-web-text`, each with or without a suffix such as `+proto`. Browsers that speak gRPC-Web across
/// origins need a CORS layer above this one that exposes `grpc-status`, `grpc-message` and what else they shall read.
///
/// See RFC 6750 §3.
#[derive(Clone, Debug, Default)]
pub struct Challenge {
    realm: Option<Arc<str>>,
}

impl Challenge {
    /// A challenge without a realm.
    #[must_use]
    pub const fn new() -> Self {
        Self { realm: None }
    }

    /// Names the protected area (RFC 9110 §11.5). Characters that may not stand there are dropped.
    #[must_use]
    pub fn realm(mut self, realm: &str) -> Self {
        self.realm = Some(
            realm
                .chars()
                .filter(|character| may_be_quoted(*character))
                .collect::<String>()
                .into(),
        );
        self
    }

    /// The HTTP status for an error.
    #[must_use]
    pub const fn status(error: &Error) -> StatusCode {
        match error.kind() {
            ErrorKind::InvalidRequest => StatusCode::BAD_REQUEST,
            ErrorKind::InsufficientScope => StatusCode::FORBIDDEN,
            ErrorKind::KeysUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    /// The value of `WWW-Authenticate`, each attribute once; none where the caller's credentials are not at fault.
    fn authenticate(&self, error: &Error) -> Option<HeaderValue> {
        let mut value = Attributes::new();
        if let Some(realm) = &self.realm {
            value.add("realm", realm);
        }
        if let Some(code) = code(error.kind())? {
            value.add("error", code);
            value.add("error_description", error.kind().description());
        }
        if let Some(scope) = error.required_scope() {
            value.add("scope", scope);
        }
        HeaderValue::try_from(value.0).ok()
    }

    pub(crate) fn add_headers(&self, error: &Error, headers: &mut HeaderMap) {
        if let Some(challenge) = self.authenticate(error) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = error.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
    }
}

impl<ResBody: Default> MakeResponse<ResBody> for Challenge {
    fn make_response(&self, error: &Error, request: &RequestHead<'_>) -> Response<ResBody> {
        let mut response = Response::new(ResBody::default());
        match grpc::content_type(request) {
            Some(content_type) => {
                grpc::add_status(error.kind(), content_type, response.headers_mut())
            }
            None => *response.status_mut() = Self::status(error),
        }
        self.add_headers(error, response.headers_mut());
        response
    }
}

/// The attributes of a `Bearer` challenge.
struct Attributes(String);

impl Attributes {
    /// With room for what is usual.
    fn new() -> Self {
        let mut challenge = String::with_capacity(128);
        challenge.push_str("Bearer");
        Self(challenge)
    }

    fn add(&mut self, name: &str, value: &str) {
        let separator = if self.0.len() == "Bearer".len() {
            " "
        } else {
            ","
        };
        for piece in [separator, name, "=\"", value, "\""] {
            self.0.push_str(piece);
        }
    }
}

/// The error code of RFC 6750 §3.1: none where no token came, and no challenge at all where tokens are not at fault.
#[allow(clippy::option_option)]
const fn code(kind: ErrorKind) -> Option<Option<&'static str>> {
    match kind {
        ErrorKind::KeysUnavailable => None,
        ErrorKind::MissingToken => Some(None),
        ErrorKind::InvalidRequest => Some(Some("invalid_request")),
        ErrorKind::InsufficientScope => Some(Some("insufficient_scope")),
        _ => Some(Some("invalid_token")),
    }
}

/// Rounded up, at least one: zero would invite a storm.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

/// RFC 6750 §3: %x20-21 / %x23-5B / %x5D-7E.
pub(crate) const fn may_be_quoted(character: char) -> bool {
    matches!(character, ' '..='~') && !matches!(character, '"' | '\\')
}
