//! A protected service, what it answered, and what it saw.

use std::convert::Infallible;
use std::fmt::Debug;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, Error, ErrorKind, JsonClaims, JwtAuthLayer, RejectionResponse};

use crate::support::{Raw, bearer, default_key, payload, request};

/// Asks with a token in the `Authorization` header.
pub async fn send<C: DeserializeOwned + Send + Sync + 'static>(
    layer: &JwtAuthLayer<C>,
    token: &str,
) -> Answer<C> {
    twice(layer, token, || bearer(token)).await
}

/// Asks a [`raw_layer`].
pub async fn send_raw(layer: &JwtAuthLayer, token: &str) -> Answer {
    let raw = |token: &str| {
        let mut request = request(&[]);
        request.extensions_mut().insert(Raw(token.to_owned()));
        request
    };
    twice(layer, token, || raw(token)).await
}

/// Asks before a valid token with the same header was seen and after it: whether a header is known
/// decides nothing.
async fn twice<C>(
    layer: &JwtAuthLayer<C>,
    token: &str,
    request: impl Fn() -> Request<()>,
) -> Answer<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    let cold = ask(layer, request()).await;
    let header = token
        .split('.')
        .next()
        .and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    if let Some(header) = header.and_then(|header| String::from_utf8(header).ok()) {
        let good = default_key().sign_raw(&header, payload(&[]).as_bytes());
        ask(layer, bearer(&good)).await;
        let warm = ask(layer, request()).await;
        // A token for a single use is the exception.
        if warm.kind() != Some(ErrorKind::Replayed) {
            assert_eq!(
                warm.essence(),
                cold.essence(),
                "the header is known, and was not"
            );
        }
    }
    cold
}

/// Asks a protected service that answers 200 and notes what it saw.
pub async fn ask<C, R>(layer: &JwtAuthLayer<C, R>, request: Request<()>) -> Answer<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
    R: RejectionResponse<String> + Clone,
{
    let inner = service_fn(|request: Request<()>| async move {
        let mut response = Response::new(String::new());
        response
            .extensions_mut()
            .insert(Seen(request.extensions().get::<Claims<C>>().cloned()));
        Ok::<_, Infallible>(response)
    });
    let sent = fragments(&request);
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    let (mut head, body) = response.into_parts();
    let seen = head.extensions.remove::<Seen<C>>();
    let error = head.extensions.remove::<Error>();
    let answer = Answer {
        label: String::new(),
        status: head.status,
        headers: head.headers,
        body,
        error,
        seen,
    };
    answer.check(&sent);
    answer
}

/// What the service saw of the caller.
pub struct Seen<C>(Option<Claims<C>>);

impl<C> Clone for Seen<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Pieces of what the caller sent that no rejection may repeat.
fn fragments(request: &Request<()>) -> Vec<String> {
    let headers = request
        .headers()
        .iter()
        .filter(|(name, _)| **name != CONTENT_TYPE);
    let texts = headers.map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let raw = request.extensions().get::<Raw>().map(|raw| raw.0.clone());
    let all = texts
        .chain(raw)
        .chain(request.uri().query().map(ToOwned::to_owned))
        .collect::<Vec<_>>()
        .join(" ");
    let belongs = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    all.split(|c| !belongs(c))
        .filter(|piece| piece.len() >= 16)
        .map(ToOwned::to_owned)
        .collect()
}

/// What came back. Every rejection is looked over: the form of its challenge, and that it repeats
/// nothing of the request.
pub struct Answer<C = JsonClaims> {
    label: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub error: Option<Error>,
    /// What the service saw, if it was reached: with claims or without.
    pub seen: Option<Seen<C>>,
}

impl<C> Answer<C> {
    /// Says in a table of cases which one it is.
    pub fn named(mut self, label: impl Debug) -> Self {
        self.label = format!("case {label:?}: ");
        self
    }

    fn check(&self, sent: &[String]) {
        assert_eq!(
            self.seen.is_none(),
            self.error.is_some(),
            "a rejection, and no other answer, holds its error"
        );
        if self.error.is_none() {
            return;
        }
        assert!(self.body.is_empty());
        let _ = self.attributes();
        let shown = format!(
            "{:?} {:?} {}",
            self.headers,
            self.error,
            self.error.as_ref().unwrap()
        );
        let repeated = sent.iter().find(|piece| shown.contains(*piece));
        assert_eq!(repeated, None, "of the request in {shown}");
    }

    pub fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        let mut values = self.headers.get_all(name.as_ref()).iter();
        let first = values.next().map(|value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{} is there twice", name.as_ref());
        first
    }

    pub fn challenge(&self) -> Option<&str> {
        self.header(WWW_AUTHENTICATE)
    }

    fn essence(
        &self,
    ) -> (
        StatusCode,
        Option<ErrorKind>,
        Option<&str>,
        Option<&str>,
        bool,
    ) {
        (
            self.status,
            self.kind(),
            self.claim(),
            self.challenge(),
            self.seen.is_some(),
        )
    }

    pub fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(Error::kind)
    }

    /// An attribute of the challenge.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes()
            .into_iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    fn attributes(&self) -> Vec<(&str, &str)> {
        self.challenge()
            .map(crate::challenge::attributes)
            .unwrap_or_default()
    }

    /// The service was reached, with claims.
    #[track_caller]
    pub fn accepted(self) -> Claims<C> {
        let Self {
            label,
            status,
            error,
            seen,
            ..
        } = self;
        assert_eq!(
            (status, error.map(|error| error.kind())),
            (StatusCode::OK, None),
            "{label}not accepted"
        );
        seen.and_then(|seen| seen.0)
            .unwrap_or_else(|| panic!("{label}no claims"))
    }

    /// The service was reached, without claims.
    #[track_caller]
    pub fn passed(&self) {
        let got = (
            self.status,
            self.kind(),
            self.seen.as_ref().map(|seen| seen.0.is_some()),
        );
        assert_eq!(
            got,
            (StatusCode::OK, None, Some(false)),
            "{}not passed on",
            self.label
        );
    }

    #[track_caller]
    pub fn rejected(&self, status: u16, code: Option<&str>, kind: ErrorKind) {
        let got = (self.status.as_u16(), self.attribute("error"), self.kind());
        assert_eq!(
            got,
            (status, code, Some(kind)),
            "{}got (left), want (right)",
            self.label
        );
        assert_eq!(
            self.challenge().is_some(),
            status != 503,
            "{}challenge",
            self.label
        );
    }

    /// 401 `invalid_token`.
    #[track_caller]
    pub fn invalid_token(&self, kind: ErrorKind) {
        self.rejected(401, Some("invalid_token"), kind);
    }

    /// 401 and a challenge without an error code.
    #[track_caller]
    pub fn no_token(&self) {
        self.rejected(401, None, ErrorKind::MissingToken);
        assert_eq!(self.challenge(), Some("Bearer"), "{}", self.label);
    }

    /// 400 `invalid_request`.
    #[track_caller]
    pub fn invalid_request(&self) {
        self.rejected(400, Some("invalid_request"), ErrorKind::InvalidRequest);
    }

    /// The name of the claim that the error is about.
    pub fn claim(&self) -> Option<&str> {
        self.error.as_ref().and_then(Error::claim)
    }
}
