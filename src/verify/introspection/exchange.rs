//! One question and its answer.

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap};

use super::credentials::IntrospectionCredentials;
use super::endpoint::Endpoint;
use super::failure::IntrospectionError;
use super::request::{Question, SIGNED};
use super::signed_response::SignedResponses;
use crate::clock::since_epoch;
use crate::jwt::{Introspection, Rules};
use crate::keys::HttpClient;
use crate::keys::jwks::{FetchError, check_status, encoded};

/// How an issuer is asked.
pub(super) struct Exchange {
    /// The name of the issuer.
    pub(super) issuer: String,
    pub(super) client: HttpClient,
    pub(super) endpoint: Endpoint,
    pub(super) credentials: IntrospectionCredentials,
    pub(super) signed: Option<SignedResponses>,
    pub(super) max_body_len: usize,
}

impl Exchange {
    /// Asks the issuer about a token.
    pub(super) async fn ask(
        &self,
        token: &str,
        rules: &Rules,
    ) -> Result<Introspection, IntrospectionError> {
        let found = self.endpoint.locate(&self.client).await;
        let found = found.map_err(IntrospectionError::Locate)?;
        let now = since_epoch(&*rules.clock);
        let assertion = self
            .credentials
            .assertion(&self.issuer, &found.url, now)
            .await?;
        let question = Question {
            url: &found.url,
            is_secret_posted: found.is_secret_posted,
            credentials: &self.credentials,
            assertion,
            is_signed: self.signed.is_some(),
        };
        let text = self.send(&question, token).await?;
        let now = since_epoch(&*rules.clock);
        let read = match &self.signed {
            None => Introspection::read(&text, rules.max_members, token),
            Some(signed) => {
                let answer = signed.verify(&text, rules, now).await?;
                Introspection::read(&answer, rules.max_members, token)
            }
        };
        read.ok_or(IntrospectionError::NotAnAnswer)
    }

    async fn send(
        &self,
        question: &Question<'_>,
        token: &str,
    ) -> Result<String, IntrospectionError> {
        // The error of a header value shows nothing of it.
        let request = question
            .about(token)
            .map_err(|error| FetchError::Transport(error.into()))?;
        let response = self.client.exchange(request, self.max_body_len).await?;
        let (parts, body) = response.into_parts();
        if matches!(
            parts.status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        ) {
            return Err(IntrospectionError::Denied(parts.status));
        }
        check_status(parts.status, &parts.headers)?;
        if self.signed.is_some() && !is_signed(&parts.headers) {
            return Err(IntrospectionError::WrongMediaType);
        }
        let text = String::from_utf8(body.into());
        text.map_err(|_| match encoded(&parts.headers) {
            Some(error) => error.into(),
            None => IntrospectionError::NotAnAnswer,
        })
    }
}

/// Returns whether the media type is that of signed responses, whatever its parameters.
fn is_signed(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(SIGNED))
}

impl From<FetchError> for IntrospectionError {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}
