//! What a refused caller gets to see.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::error::{Error, ErrorKind};
use crate::head::RequestHead;

/// Makes the response to a refused request. A closure is one too; [`Challenge`] is the default.
///
/// Whatever it makes, the [`Error`] is added to the response's extensions.
///
/// ```
/// use http::Response;
/// use tower_jwt_auth::{Challenge, Error, Issuer, JwtAuthLayer, MakeResponse as _, RequestHead};
///
/// # fn build() -> Result<(), tower_jwt_auth::ConfigError> {
/// // The usual status and headers, and a body for people.
/// let with_body = |error: &Error, request: &RequestHead<'_>| {
///     Challenge::new().make_response(error, request).map(|_: String| format!("{error}\n"))
/// };
/// let issuer = Issuer::discover("https://login.example.com/", "https://api.example.com");
/// let layer: JwtAuthLayer<_, _> =
///     JwtAuthLayer::<tower_jwt_auth::RegisteredClaims>::builder(issuer).response(with_body).build()?;
/// # Ok(())
/// # }
/// ```
pub trait MakeResponse<ResBody> {
    /// The response to a request that was refused because of `error`.
    fn make_response(&self, error: &Error, request: &RequestHead<'_>) -> Response<ResBody>;
}

impl<F, ResBody> MakeResponse<ResBody> for F
where
    F: Fn(&Error, &RequestHead<'_>) -> Response<ResBody>,
{
    fn make_response(&self, error: &Error, request: &RequestHead<'_>) -> Response<ResBody> {
        self(error, request)
    }
}

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
/// gRPC requests (`content-type: application/grpc…`) get a Trailers-Only response with the corresponding `grpc-status`.
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
        self.realm = Some(realm.chars().filter(|character| may_be_quoted(*character)).collect::<String>().into());
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

    fn http<ResBody: Default>(&self, error: &Error) -> Response<ResBody> {
        let mut response = Response::new(ResBody::default());
        *response.status_mut() = Self::status(error);
        self.add_headers(error, &mut response);
        response
    }

    /// Trailers-Only: the status of the call is in the headers, the HTTP status is 200 (gRPC over HTTP/2).
    fn grpc<ResBody: Default>(&self, error: &Error, content_type: &HeaderValue) -> Response<ResBody> {
        let mut response = Response::new(ResBody::default());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type.clone());
        headers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static(grpc_status(error.kind())));
        // The descriptions hold nothing that would have to be percent-encoded.
        let message = HeaderValue::from_static(error.kind().description());
        headers.insert(HeaderName::from_static("grpc-message"), message);
        self.add_headers(error, &mut response);
        response
    }

    fn add_headers<ResBody>(&self, error: &Error, response: &mut Response<ResBody>) {
        if let Some(challenge) = self.authenticate(error) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = error.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
    }
}

impl<ResBody: Default> MakeResponse<ResBody> for Challenge {
    fn make_response(&self, error: &Error, request: &RequestHead<'_>) -> Response<ResBody> {
        match grpc_content_type(request) {
            Some(content_type) => self.grpc(error, content_type),
            None => self.http(error),
        }
    }
}

/// The attributes of a `Bearer` challenge.
struct Attributes(String);

impl Attributes {
    fn new() -> Self {
        Self("Bearer".to_owned())
    }

    fn add(&mut self, name: &str, value: &str) {
        let separator = if self.0.len() == "Bearer".len() { ' ' } else { ',' };
        // Writing to a String can't fail.
        let _ = write!(self.0, "{separator}{name}=\"{value}\"");
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

const fn grpc_status(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest => "3",
        ErrorKind::InsufficientScope => "7",
        ErrorKind::KeysUnavailable => "14",
        _ => "16",
    }
}

/// With `+proto`, `+json` or `-web…` behind it, in any case (RFC 9110 §8.3.1).
const GRPC: &[u8] = b"application/grpc";

fn grpc_content_type<'r>(request: &RequestHead<'r>) -> Option<&'r HeaderValue> {
    let content_type = request.headers().get(CONTENT_TYPE)?;
    let (start, rest) = content_type.as_bytes().split_at_checked(GRPC.len())?;
    let grpc = start.eq_ignore_ascii_case(GRPC);
    (grpc && matches!(rest.first(), None | Some(b'+' | b'-' | b';' | b' '))).then_some(content_type)
}

/// Rounded up, at least one: zero would invite a storm.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// RFC 6750 §3: %x20-21 / %x23-5B / %x5D-7E.
pub(crate) const fn may_be_quoted(character: char) -> bool {
    matches!(character, ' '..='~') && !matches!(character, '"' | '\\')
}
