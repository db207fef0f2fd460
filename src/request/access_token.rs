//! The token of an accepted request, for services that forward or exchange it.

use std::fmt;

use http::header::HeaderValue;

use super::Scheme;

/// The access token of a request, which [`keep_token`](crate::JwtAuthBuilder::keep_token) leaves in
/// the extensions of the request in place of the header, cookie or query that it came in.
///
/// For services that forward it, or exchange it for another one (RFC 8693). `Debug` does not show
/// it. Cheap to clone.
///
/// # Examples
///
/// ```
/// use http::header::AUTHORIZATION;
/// use http::Request;
/// use tower_jwt_auth::AccessToken;
///
/// /// Copies the token into a request to another service.
/// fn forward(from: &Request<String>, to: &mut Request<String>) {
///     if let Some(token) = from.extensions().get::<AccessToken>() {
///         to.headers_mut().insert(AUTHORIZATION, token.authorization());
///     }
/// }
/// # forward(&Request::default(), &mut Request::default());
/// ```
#[derive(Clone)]
pub struct AccessToken {
    /// The scheme, a space and the token.
    authorization: HeaderValue,
}

impl AccessToken {
    /// Returns `None` if the token is not visible ASCII, as every verified token is.
    pub(crate) fn new(scheme: Scheme, token: &[u8]) -> Option<Self> {
        let value = [scheme.name().as_bytes(), b" ", token].concat();
        let mut authorization = HeaderValue::try_from(value).ok()?;
        authorization.set_sensitive(true);
        authorization.to_str().ok()?;
        Some(Self { authorization })
    }

    /// Returns the text of the token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.parts().1
    }

    /// Returns the scheme that the token came with: `DPoP`, or `Bearer`, also for a token that was
    /// not in `Authorization`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.parts().0
    }

    fn parts(&self) -> (&str, &str) {
        let value = self.authorization.to_str().unwrap_or_default();
        value.split_once(' ').unwrap_or_default()
    }

    /// Returns the value of an `Authorization` header with the token, `Bearer <token>` (RFC 6750
    /// §2.1) or `DPoP <token>` (RFC 9449 §7.1), marked as [sensitive](HeaderValue::set_sensitive).
    ///
    /// Note: another service accepts a token with the scheme `DPoP` only with a proof by the
    /// client's key, and one that is bound to a certificate only with the client's certificate.
    /// Exchange such tokens (RFC 8693).
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

/// Shows nothing of the token.
impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").finish_non_exhaustive()
    }
}
