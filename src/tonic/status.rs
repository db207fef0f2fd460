//! Errors as `tonic::Status`, with or without details.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::tonic::metadata::MetadataMap;
use ::tonic::{Code, Status};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::Response;
use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{Challenge, Error, RejectionResponse, RequestParts};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// Converts into the code, message and metadata of [`Challenge`].
///
/// # Examples
///
/// ```
/// # use tower_jwt_auth::Authenticator;
/// # async fn check(authenticator: Authenticator, token: &str) -> Result<(), tonic::Status> {
/// // A token that came in a message, not in the metadata:
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

/// Converts like an owned [`Error`].
impl From<&Error> for Status {
    fn from(error: &Error) -> Self {
        let metadata = MetadataMap::from_headers(Challenge::new().headers(error));
        let status = Self::with_metadata(status_code(error), error.to_string(), metadata);
        with_source(status, error)
    }
}

pub(super) fn status_code(error: &Error) -> Code {
    Code::from_i32(Challenge::grpc_status(error).into())
}

pub(super) fn with_source(mut status: Status, error: &Error) -> Status {
    status.set_source(Arc::new(error.clone()));
    status
}

/// A [`RejectionResponse`] that adds machine-readable error details, `grpc-status-details-bin`, to
/// [`Challenge`]'s response to gRPC calls:
///
/// - `google.rpc.ErrorInfo`: the domain; as reason the [`ErrorKind`](crate::ErrorKind) in upper
///   case, such as `EXPIRED` or `WRONG_AUDIENCE`; as metadata the required `scope`, and
///   `acr_values` and `max_age` where the user must authenticate again (RFC 9470). Nothing of the
///   token.
/// - `google.rpc.RetryInfo`, if the error says when to try again: the value of `Retry-After`.
///
/// It tells callers no more about their token than the message does. The reason of an error of your
/// own is its name. HTTP callers get the response of [`Challenge`].
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::tonic::DetailedStatus;
/// use tower_jwt_auth::{Issuer, JwtAuthLayer};
///
/// # fn build() -> Result<(), tower_jwt_auth::ConfigError> {
/// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
/// let auth = JwtAuthLayer::builder(issuer)
///     .rejection_response(DetailedStatus::new("api.example.com"))
///     .build()?;
/// # drop(auth);
/// # Ok(())
/// # }
/// ```
///
/// Clients read it with the crate `tonic-types`: `status.get_details_error_info()`.
#[derive(Clone, Debug)]
pub struct DetailedStatus {
    domain: Arc<str>,
    challenge: Challenge,
}

impl DetailedStatus {
    /// Returns a `DetailedStatus` with this `domain` of `google.rpc.ErrorInfo`: the name of the
    /// service that defines the reasons, usually its host name.
    #[must_use]
    pub fn new(domain: impl Into<Arc<str>>) -> Self {
        Self {
            domain: domain.into(),
            challenge: Challenge::new(),
        }
    }

    /// Sets the challenge of the response, for its [realm](Challenge::realm). Default: one with the
    /// realm of the layer.
    #[must_use]
    pub fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = challenge;
        self
    }

    /// Returns the status of an error, for handlers that verify tokens themselves.
    #[must_use]
    pub fn status(&self, error: &Error) -> Status {
        let headers = self.challenge.headers(error);
        let details = self.details(error, &headers);
        let (code, message) = (status_code(error), error.to_string());
        let metadata = MetadataMap::from_headers(headers);
        let status = Status::with_error_details_and_metadata(code, message, details, metadata);
        with_source(status, error)
    }

    /// Returns the details. `headers` are those of the challenge, whose `Retry-After` is repeated.
    fn details(&self, error: &Error, headers: &HeaderMap) -> ErrorDetails {
        let max_age = error.max_age().map(|age| age.as_secs().to_string());
        let metadata = [
            ("scope", error.required_scope()),
            ("acr_values", error.acr_values()),
            ("max_age", max_age.as_deref()),
        ];
        let metadata: HashMap<_, _> = metadata
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        // Names of variants are public, so they are as stable as reasons must be.
        let reason = error.kind().name().to_ascii_uppercase();
        let mut details = ErrorDetails::with_error_info(reason, &*self.domain, metadata);
        let retry_after = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        if let Some(seconds) = retry_after.and_then(|seconds| seconds.parse().ok()) {
            details.set_retry_info(Some(Duration::from_secs(seconds)));
        }
        details
    }
}

impl<ResBody: Default> RejectionResponse<ResBody> for DetailedStatus {
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<ResBody> {
        let mut response: Response<ResBody> = self.challenge.rejection_response(error, request);
        if response.headers().contains_key(STATUS) {
            let details = STANDARD_NO_PAD.encode(self.status(error).details());
            // Base64 is always a valid header value.
            let details = HeaderValue::try_from(details).ok();
            response
                .headers_mut()
                .extend(details.map(|details| (DETAILS, details)));
        }
        response
    }
}
