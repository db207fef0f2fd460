//! Authentication of requests outside of tower.

use std::fmt;
use std::future::poll_fn;

use http::{Extensions, HeaderValue};
use serde::de::DeserializeOwned;

use super::{Attempt, Authenticator};
use crate::error::{Error, ErrorKind};
use crate::jwt::{Claims, JsonClaims};
use crate::policy::{Accepted, Presented};
use crate::request::{RequestParts, find_token};

/// What [`Authenticator::authenticate_request`] returns: the claims of the request's token, and
/// what is to be added to its response.
pub struct AuthenticatedRequest<C = JsonClaims> {
    accepted: Accepted<C>,
}

impl<C> AuthenticatedRequest<C> {
    /// Returns the claims of the token.
    #[must_use]
    pub const fn claims(&self) -> &Claims<C> {
        &self.accepted.claims
    }

    /// Returns the claims of the token, consuming this value.
    #[must_use]
    pub fn into_claims(self) -> Claims<C> {
        self.accepted.claims
    }

    /// Returns the values that each [`TokenCheck`](crate::TokenCheck) has added.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.accepted.extensions
    }

    /// Returns the value of a header `DPoP-Nonce` for the response (RFC 9449 §8.2): the client is
    /// to use it from now on. Such a response needs `Cache-Control: no-store`. Usually `None`.
    #[must_use]
    pub fn dpop_nonce(&self) -> Option<&HeaderValue> {
        self.accepted.nonce.as_deref()
    }
}

impl<C> Authenticator<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    /// Verifies the token of a request, as [`JwtAuthLayer`](crate::JwtAuthLayer) does: also that
    /// the request proves the binding of the token ([`dpop`](crate::JwtAuthBuilder::dpop),
    /// [`mtls`](crate::JwtAuthBuilder::mtls)).
    ///
    /// Reads the [`token_sources`](crate::JwtAuthBuilder::token_sources). Waits as
    /// [`authenticate`](Self::authenticate) does. A DPoP proof counts as used after that, so call
    /// this once for each request.
    ///
    /// # Errors
    ///
    /// [`MissingToken`](ErrorKind::MissingToken) without a token; otherwise as
    /// [`authenticate`](Self::authenticate). A [`Challenge`](crate::Challenge) has the
    /// [`headers`](crate::Challenge::headers) of the response.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Request;
    /// use tower_jwt_auth::{Authenticator, Claims, Error, RequestParts};
    ///
    /// async fn handle(auth: &Authenticator, request: &Request<String>) -> Result<Claims, Error> {
    ///     let parts = RequestParts::from(request);
    ///     let authenticated = auth.authenticate_request(&parts).await?;
    ///     Ok(authenticated.into_claims())
    /// }
    /// ```
    pub async fn authenticate_request(
        &self,
        request: &RequestParts<'_>,
    ) -> Result<AuthenticatedRequest<C>, Error> {
        let found = find_token(self.sources(), request, self.max_token_len());
        let found = found.and_then(|found| found.ok_or(ErrorKind::MissingToken.into()));
        let found = found.inspect_err(|error| self.observers().rejected(None, error))?;
        let presented = Presented {
            token: found.token.as_bytes(),
            scheme: found.scheme,
            request: Some(request),
        };
        let outcome = match self.begin(&presented) {
            Attempt::Done(outcome) => outcome,
            Attempt::Pending(mut pending) => poll_fn(|cx| pending.poll(Some(request), cx)).await,
        };
        let outcome = outcome.map_err(|error| {
            // Checked only now: a valid token has no comma.
            if found.token.is_joined() {
                ErrorKind::InvalidRequest.into()
            } else {
                error
            }
        });
        self.tell(found.scheme, outcome.as_ref());
        outcome.map(|accepted| AuthenticatedRequest { accepted })
    }
}

/// Shows no claim.
impl<C> fmt::Debug for AuthenticatedRequest<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedRequest")
            .field("claims", self.claims())
            .finish_non_exhaustive()
    }
}
