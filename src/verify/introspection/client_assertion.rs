//! The assertion with which a client authenticates (RFC 7523 §2.2).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Uri;
use serde::Serialize;

use super::credentials::{IntrospectionCredentials, Method};
use super::failure::IntrospectionError;
use crate::crypto::random_key;

/// How long an assertion is valid. It is used at once.
const LIFETIME: Duration = Duration::from_secs(60);

/// The claims of a client's assertion, which is to be signed (RFC 7523 §3): see
/// [`IntrospectionCredentials::private_key_jwt`].
///
/// Serializes as the claims set: `iss` and `sub` are the client, `aud` is the issuer, `jti` is
/// random, and `exp` is 60 s after `iat`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ClientAssertion {
    iss: String,
    sub: String,
    aud: String,
    jti: String,
    iat: u64,
    exp: u64,
    #[serde(skip)]
    endpoint: Uri,
}

impl ClientAssertion {
    /// Returns the claims set as JSON, which a JWS has as its payload.
    #[must_use]
    pub fn claims_json(&self) -> String {
        // Never fails: all members are strings and integers.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Sets `aud`, for an authorization server that expects something else, such as the URL of its
    /// token endpoint. Default: the name of the issuer.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.aud = audience.into();
        self
    }

    /// Returns the URL of the introspection endpoint.
    #[must_use]
    pub const fn endpoint(&self) -> &Uri {
        &self.endpoint
    }
}

impl IntrospectionCredentials {
    /// Returns a signed assertion, if the client authenticates with one. `now` is the time since
    /// 1970.
    pub(super) async fn assertion(
        &self,
        issuer: &str,
        endpoint: &Uri,
        now: Duration,
    ) -> Result<Option<String>, IntrospectionError> {
        let Method::Assertion { id, sign } = &self.method else {
            return Ok(None);
        };
        let assertion = ClientAssertion {
            iss: id.clone(),
            sub: id.clone(),
            aud: issuer.to_owned(),
            jti: URL_SAFE_NO_PAD.encode(random_key()),
            iat: now.as_secs(),
            exp: now.saturating_add(LIFETIME).as_secs(),
            endpoint: endpoint.clone(),
        };
        let signed = sign(assertion).await;
        signed.map(Some).map_err(IntrospectionError::NotSigned)
    }
}
