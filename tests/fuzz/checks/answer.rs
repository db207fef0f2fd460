//! A protected service's answer, and what holds for every one.

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
    /// Why it was rejected.
    pub rejection: Option<ErrorKind>,
    /// What the service saw, if it was reached.
    pub seen: Option<Seen>,
}

#[derive(Clone)]
pub struct Seen(pub Option<Claims>);

/// What an answer holds anyway, and a fuzzer therefore learns to send.
const OWN_WORDS: &str = "www-authenticate error_description insufficient_scope \
    AlgorithmNotAllowed UnsupportedHeader InvalidSignature InsufficientScope";

/// The service that is protected: it answers 200 and tells what it saw.
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

/// Asks a service of which an answer may show what was configured.
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
    let (mut head, body) = response.into_parts();
    let seen = head.extensions.remove::<Seen>();
    let error = head.extensions.remove::<Error>();
    assert_eq!(
        seen.is_none(),
        error.is_some(),
        "a rejection, and no other answer, holds its error"
    );
    let rejection = error.as_ref().map(Error::kind);
    let answer = Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        rejection,
        seen,
    };
    if let Some(error) = error {
        assert!(body.is_empty());
        answer.is_a_rejection();
        // The content type has to be repeated, whatever is in it; another one has not.
        let headers = answer
            .headers
            .iter()
            .filter(|(name, value)| **name != CONTENT_TYPE || content_type.as_ref() != Some(value));
        let shown = format!("{:?} {error} {error:?}", headers.collect::<Vec<_>>());
        assert_eq!(
            sent.iter().find(|piece| shown.contains(*piece)),
            None,
            "sent by the caller, in {shown}"
        );
    }
    answer
}

/// Pieces of what the caller sent that no rejection may repeat; of the content type it has to.
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
    fn is_a_rejection(&self) {
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

/// Status and error code by RFC 6750 §3.1.
fn expected(kind: ErrorKind) -> (u16, Option<&'static str>) {
    match kind {
        ErrorKind::MissingToken => (401, None),
        ErrorKind::InvalidRequest => (400, Some("invalid_request")),
        ErrorKind::InsufficientScope => (403, Some("insufficient_scope")),
        ErrorKind::KeysUnavailable => (503, None),
        _ => (401, Some("invalid_token")),
    }
}
