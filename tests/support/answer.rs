//! A protected service, its response, and the claims that reached it.

use std::convert::Infallible;
use std::fmt::Debug;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, Error, ErrorKind, JsonClaims, JwtAuthLayer, RejectionResponse};

use crate::support::challenge::Challenge;
use crate::support::{Raw, bearer, default_key, payload, request, wait_for};

/// Sends a token in the `Authorization` header.
pub(crate) async fn send<C: DeserializeOwned + Send + Sync + 'static>(
    layer: &JwtAuthLayer<C>,
    token: &str,
) -> Answer<C> {
    twice(layer, token, || bearer(token)).await
}

/// Sends a token to a layer with the `raw_source`.
pub(crate) async fn send_raw(layer: &JwtAuthLayer, token: &str) -> Answer {
    let raw = |token: &str| {
        let mut request = request(&[]);
        request.extensions_mut().insert(Raw(token.to_owned()));
        request
    };
    twice(layer, token, || raw(token)).await
}

/// Sends the request before and after a valid token with the same header: the outcome must not
/// depend on whether the header is cached.
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
        let valid = default_key().sign_raw(&header, payload(&[]).as_bytes());
        ask(layer, bearer(&valid)).await;
        let warm = ask(layer, request()).await;
        // With `reject_replays`, the second request is a replay.
        if warm.kind() != Some(ErrorKind::Replayed) {
            assert_eq!(
                warm.essence(),
                cold.essence(),
                "with the header cached (left), and without (right)"
            );
        }
    }
    cold
}

/// Sends a request to a protected service, which responds with 200 and the claims that it received.
pub(crate) async fn ask<C, R>(layer: &JwtAuthLayer<C, R>, request: Request<()>) -> Answer<C>
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
    let response = layer.layer(inner).oneshot(request);
    let response = wait_for("the response", response).await.unwrap();
    let (mut parts, body) = response.into_parts();
    let seen = parts.extensions.remove::<Seen<C>>();
    let error = parts.extensions.remove::<Error>();
    let answer = Answer {
        label: String::new(),
        status: parts.status,
        headers: parts.headers,
        body,
        error,
        seen,
    };
    answer.check(&sent);
    answer
}

/// The claims that reached the service.
pub(crate) struct Seen<C>(Option<Claims<C>>);

impl<C> Clone for Seen<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Returns pieces of the request that no rejection may repeat.
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

/// A response. Each rejection is checked: its challenge must be well-formed, and no piece of the
/// request may be repeated.
pub(crate) struct Answer<C = JsonClaims> {
    label: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) error: Option<Error>,
    /// The claims, if there were any. `None` if the service was not reached.
    pub(crate) seen: Option<Seen<C>>,
}

impl<C> Answer<C> {
    /// Names the case of a table, for the messages.
    pub(crate) fn named(mut self, label: impl Debug) -> Self {
        self.label = format!("case {label:?}: ");
        self
    }

    fn check(&self, sent: &[String]) {
        assert_eq!(
            self.seen.is_none(),
            self.error.is_some(),
            "a rejection, and no other response, has an error in its extensions"
        );
        if self.error.is_none() {
            return;
        }
        assert!(self.body.is_empty());
        let _ = self.challenges();
        let shown = format!(
            "{:?} {:?} {}",
            self.headers,
            self.error,
            self.error.as_ref().unwrap()
        );
        let repeated = sent.iter().find(|piece| shown.contains(*piece));
        assert_eq!(repeated, None, "a piece of the request in {shown}");
    }

    pub(crate) fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        let mut values = self.headers.get_all(name.as_ref()).iter();
        let first = values.next().map(|value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{} occurs twice", name.as_ref());
        first
    }

    pub(crate) fn challenge(&self) -> Option<&str> {
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

    pub(crate) fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(Error::kind)
    }

    /// Returns an attribute of the challenge.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes()
            .into_iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    fn attributes(&self) -> Vec<(&str, &str)> {
        let challenge = self.challenge().map(crate::support::challenge::parse);
        challenge
            .map(|(_, attributes)| attributes)
            .unwrap_or_default()
    }

    /// Returns the challenges in the order of their fields.
    pub(crate) fn challenges(&self) -> Vec<Challenge<'_>> {
        let values = self.headers.get_all(WWW_AUTHENTICATE).iter();
        values
            .map(|value| crate::support::challenge::parse(value.to_str().unwrap()))
            .collect()
    }

    /// Asserts that the service was reached with claims, and returns them.
    #[track_caller]
    pub(crate) fn accepted(self) -> Claims<C> {
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

    /// Asserts that the service was reached without claims.
    #[track_caller]
    pub(crate) fn passed(&self) {
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
    pub(crate) fn rejected(&self, status: u16, code: Option<&str>, kind: ErrorKind) {
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

    /// Asserts a rejection with 401 and `invalid_token`.
    #[track_caller]
    pub(crate) fn invalid_token(&self, kind: ErrorKind) {
        self.rejected(401, Some("invalid_token"), kind);
    }

    /// Asserts a rejection with 401 and a challenge without an error code.
    #[track_caller]
    pub(crate) fn no_token(&self) {
        self.rejected(401, None, ErrorKind::MissingToken);
        assert_eq!(self.challenge(), Some("Bearer"), "{}", self.label);
    }

    /// Asserts a rejection with 400 and `invalid_request`.
    #[track_caller]
    pub(crate) fn invalid_request(&self) {
        self.rejected(400, Some("invalid_request"), ErrorKind::InvalidRequest);
    }

    /// Returns the name of the claim that the error is about.
    pub(crate) fn claim(&self) -> Option<&str> {
        self.error.as_ref().and_then(Error::claim)
    }
}
