//! The response of a protected service, and what holds for every response.

use std::convert::Infallible;

use futures::FutureExt as _;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Request, Response};
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, Error, ErrorKind, JwtAuthLayer};

use super::parsed;

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// Why the request was rejected, if it was.
    pub rejection: Option<ErrorKind>,
    /// What the inner service received, if it was called.
    pub seen: Option<Seen>,
}

#[derive(Clone)]
pub struct Seen(pub Option<Claims>);

/// Words that responses contain in any case, and that a fuzzer therefore learns to send.
const OWN_WORDS: &str = "www-authenticate error_description insufficient_scope \
    AlgorithmNotAllowed UnsupportedHeader InvalidSignature InsufficientScope";

/// Returns the inner service. It answers 200 and reports the claims that it received.
pub fn inner()
-> impl Service<Request<()>, Response = Response<String>, Error = Infallible, Future: Send>
+ Clone
+ Send {
    service_fn(|request: Request<()>| async move {
        let mut response = Response::new(String::new());
        response
            .extensions_mut()
            .insert(Seen(request.extensions().get().cloned()));
        Ok(response)
    })
}

pub fn ask(layer: &JwtAuthLayer, request: Request<()>) -> Answer {
    ask_service(layer.layer(inner()), request, "")
}

/// Sends a request to a service, whose response may contain the texts in `configured`.
pub fn ask_service<S>(service: S, request: Request<()>, configured: &str) -> Answer
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let may_be_shown =
        |piece: &String| configured.contains(piece) || OWN_WORDS.contains(piece.as_str());
    let sent: Vec<_> = pieces(&request)
        .into_iter()
        .filter(|piece| !may_be_shown(piece))
        .collect();
    let content_type = request.headers().get(CONTENT_TYPE).cloned();
    let response = service
        .oneshot(request)
        .now_or_never()
        .expect("no waiting")
        .unwrap();
    let (mut parts, body) = response.into_parts();
    let seen = parts.extensions.remove::<Seen>();
    let error = parts.extensions.remove::<Error>();
    assert_eq!(
        seen.is_none(),
        error.is_some(),
        "a rejection, and no other response, has an error in its extensions"
    );
    let rejection = error.as_ref().map(Error::kind);
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        rejection,
        seen,
    };
    if let Some(error) = error {
        assert!(body.is_empty());
        answer.assert_is_rejection();
        // A gRPC rejection repeats the content type of the request, whatever it contains.
        let headers = answer
            .headers
            .iter()
            .filter(|(name, value)| **name != CONTENT_TYPE || content_type.as_ref() != Some(value));
        let shown = format!("{:?} {error} {error:?}", headers.collect::<Vec<_>>());
        assert_eq!(
            sent.iter().find(|piece| shown.contains(*piece)),
            None,
            "sent by the client, in {shown}"
        );
    }
    answer
}

/// Returns the pieces of the request that a rejection must not repeat. Those of the content type
/// are not among them.
fn pieces(request: &Request<()>) -> Vec<String> {
    let values = request
        .headers()
        .iter()
        .filter(|(name, _)| **name != CONTENT_TYPE)
        .map(|(_, value)| value.as_bytes());
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let pieces = values
        .chain([query])
        .flat_map(|value| value.split(move |byte| !belongs(byte)));
    pieces
        .filter(|piece| piece.len() >= 16)
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
        .collect()
}

impl Answer {
    fn assert_is_rejection(&self) {
        let challenge = parsed::challenge(&self.headers);
        let (status, code) = expected(self.rejection.unwrap());
        if self.headers.contains_key("grpc-status") {
            assert_eq!(self.status, 200);
        } else {
            assert_eq!(self.status, status);
        }
        assert_eq!(challenge.is_none(), status == 503);
        assert_eq!(self.headers.contains_key(RETRY_AFTER), status == 503);
        let attributes = challenge.unwrap_or_default();
        assert_eq!(parsed::attribute(&attributes, "error"), code);
        assert_eq!(
            parsed::attribute(&attributes, "error_description").is_some(),
            code.is_some()
        );
    }
}

/// Returns the status and the error code of RFC 6750 §3.1.
fn expected(kind: ErrorKind) -> (u16, Option<&'static str>) {
    match kind {
        ErrorKind::MissingToken => (401, None),
        ErrorKind::InvalidRequest => (400, Some("invalid_request")),
        ErrorKind::InsufficientScope => (403, Some("insufficient_scope")),
        ErrorKind::KeysUnavailable => (503, None),
        _ => (401, Some("invalid_token")),
    }
}
