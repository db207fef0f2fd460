//! `Claims<C>` as an extractor.

use std::fmt;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;

use crate::{Claims, MissingClaims};

/// Extracts the claims that [`JwtAuthLayer`](crate::JwtAuthLayer) inserted.
///
/// Rejects with 401 if the layer let the request pass without claims. Rejects with 500 if no layer
/// with this claims type ran for the route; a log event at level error names the claims type.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_jwt_auth::{Claims, JwtAuthLayer};
///
/// async fn me(claims: Claims) -> String {
///     claims.subject().unwrap_or_default().to_owned()
/// }
///
/// fn app(auth: JwtAuthLayer) -> Router {
///     Router::new().route("/me", get(me)).layer(auth)
/// }
/// ```
impl<S, C> FromRequestParts<S> for Claims<C>
where
    S: Sync,
    C: Send + Sync + 'static,
{
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClaimsRejection> {
        Ok(Self::from_extensions(&parts.extensions)?.clone())
    }
}

/// Extracts `Option<Claims<C>>`: `None` if the layer let the request pass without claims
/// ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)).
///
/// Rejects with 500 if no layer with this claims type ran: then no token was looked for.
impl<S, C> OptionalFromRequestParts<S> for Claims<C>
where
    S: Sync,
    C: Send + Sync + 'static,
{
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ClaimsRejection> {
        match Self::from_extensions(&parts.extensions) {
            Ok(claims) => Ok(Some(claims.clone())),
            Err(MissingClaims::Unauthenticated) => Ok(None),
            Err(missing) => Err(missing.into()),
        }
    }
}

/// The rejection of [`Claims`] as an extractor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClaimsRejection {
    missing: MissingClaims,
}

impl ClaimsRejection {
    /// Returns why there are no claims.
    #[must_use]
    pub const fn reason(&self) -> MissingClaims {
        self.missing
    }

    /// Returns the status of the response: 401 if the layer let the request pass without claims,
    /// else 500.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self.missing {
            MissingClaims::Unauthenticated => StatusCode::UNAUTHORIZED,
            MissingClaims::NoLayer => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<MissingClaims> for ClaimsRejection {
    fn from(missing: MissingClaims) -> Self {
        Self { missing }
    }
}

impl IntoResponse for ClaimsRejection {
    fn into_response(self) -> Response {
        match self.missing {
            MissingClaims::Unauthenticated => {
                (self.status(), [(WWW_AUTHENTICATE, "Bearer")]).into_response()
            }
            MissingClaims::NoLayer => self.status().into_response(),
        }
    }
}

impl fmt::Display for ClaimsRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.missing.fmt(f)
    }
}

impl std::error::Error for ClaimsRejection {}
