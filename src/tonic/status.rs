//! Errors as `tonic::Status`, with details where they are asked for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::tonic::metadata::MetadataMap;
use ::tonic::{Code, Status};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Response};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::error::{Error, ErrorKind};
use crate::head::RequestHead;
use crate::response::{Challenge, MakeResponse, STATUS, code, whole_seconds};

const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// The same code, message and metadata as [`Challenge`] answers with.
///
/// ```
/// # async fn check(authenticator: tower_jwt_auth::Authenticator, token: &str) -> Result<(), tonic::Status> {
/// // A token that came in a message rather than in the metadata:
/// let claims = authenticator.authenticate(token).await?;
/// # drop(claims);
/// # Ok(())
/// # }
/// ```
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// As from the error itself.
impl From<&Error> for Status {
    fn from(error: &Error) -> Self {
        with_source(
            Self::with_metadata(
                status_code(error),
                error.to_string(),
                metadata(&Challenge::new(), error),
            ),
            error,
        )
    }
}

fn status_code(error: &Error) -> Code {
    Code::from_i32(code(error.kind()).into())
}

fn metadata(challenge: &Challenge, error: &Error) -> MetadataMap {
    let mut headers = HeaderMap::new();
    challenge.add_headers(error, &mut headers);
    MetadataMap::from_headers(headers)
}

fn with_source(mut status: Status, error: &Error) -> Status {
    status.set_source(Arc::new(error.clone()));
    status
}

/// Answers as [`Challenge`] does, and tells gRPC callers more, in a form for programs: `grpc-status-details-bin` with
///
/// - `google.rpc.ErrorInfo`: the domain; as reason the [`ErrorKind`] in upper case, such as `EXPIRED` or `WRONG_AUDIENCE`;
///   as metadata the `scope` that is missing. Nothing of the token.
/// - `google.rpc.RetryInfo`, where the keys can't be had: when to try again.
///
/// It tells callers what of their token is wrong, no more than the message does. HTTP callers see no difference.
///
/// ```
/// use tower_jwt_auth::tonic::DetailedStatus;
/// use tower_jwt_auth::{Issuer, JwtAuthLayer, JsonClaims};
///
/// # fn build() -> Result<(), tower_jwt_auth::ConfigError> {
/// let issuer = Issuer::discover("https://login.example.com/", "https://api.example.com");
/// let auth = JwtAuthLayer::<JsonClaims>::builder(issuer)
///     .response(DetailedStatus::new("api.example.com"))
///     .build()?;
/// # drop(auth);
/// # Ok(())
/// # }
/// ```
///
/// A client reads it with the crate `tonic-types`: `status.get_details_error_info()`.
#[derive(Clone, Debug)]
pub struct DetailedStatus {
    domain: Arc<str>,
    challenge: Challenge,
}

impl DetailedStatus {
    /// `domain` is who defines the reasons: your service's name, usually its host name.
    #[must_use]
    pub fn new(domain: impl Into<Arc<str>>) -> Self {
        Self {
            domain: domain.into(),
            challenge: Challenge::new(),
        }
    }

    /// The challenge to answer with otherwise, for its [realm](Challenge::realm). Default: one without.
    #[must_use]
    pub fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = challenge;
        self
    }

    /// The status for an error, for handlers that check tokens themselves.
    #[must_use]
    pub fn status(&self, error: &Error) -> Status {
        let (details, metadata) = (self.details(error), metadata(&self.challenge, error));
        let status = Status::with_error_details_and_metadata(
            status_code(error),
            error.to_string(),
            details,
            metadata,
        );
        with_source(status, error)
    }

    fn details(&self, error: &Error) -> ErrorDetails {
        let scope = error
            .required_scope()
            .map(|scope| ("scope".to_owned(), scope.to_owned()));
        let metadata: HashMap<_, _> = scope.into_iter().collect();
        let mut details =
            ErrorDetails::with_error_info(reason(error.kind()), &*self.domain, metadata);
        if let Some(wait) = error.retry_after() {
            details.set_retry_info(Some(Duration::from_secs(whole_seconds(wait))));
        }
        details
    }
}

impl<ResBody: Default> MakeResponse<ResBody> for DetailedStatus {
    fn make_response(&self, error: &Error, request: &RequestHead<'_>) -> Response<ResBody> {
        let mut response: Response<ResBody> = self.challenge.make_response(error, request);
        if response.headers().contains_key(STATUS) {
            let details = STANDARD_NO_PAD.encode(self.status(error).details());
            // Base64 can always stand in a header.
            response.headers_mut().extend(
                HeaderValue::try_from(details)
                    .ok()
                    .map(|details| (DETAILS, details)),
            );
        }
        response
    }
}

/// The variant's name in the form that `ErrorInfo` asks for: `WrongAudience` becomes `WRONG_AUDIENCE`. That name is public,
/// so it changes as rarely as the reason may.
fn reason(kind: ErrorKind) -> String {
    let mut reason = String::new();
    for character in format!("{kind:?}").chars() {
        if character.is_ascii_uppercase() && !reason.is_empty() {
            reason.push('_');
        }
        reason.push(character.to_ascii_uppercase());
    }
    reason
}
