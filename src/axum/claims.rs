//! `Claims<C>` as an extractor.

use std::fmt;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use http::request::Parts;

use super::response::MadeResponse;
use crate::{Claims, Error, ErrorKind, MissingClaims, RequestParts, trace};

/// Extracts the claims that [`JwtAuthLayer`](crate::JwtAuthLayer) inserted.
///
/// Rejects with 401 if the layer let the request pass without claims; the response is that of the
/// layer, see [`Inherited`](crate::Inherited). Rejects with 500 if no layer
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
        match Self::from_extensions(&parts.extensions) {
            Ok(claims) => Ok(claims.clone()),
            Err(missing) => Err(ClaimsRejection::new::<C>(missing, &[], parts)),
        }
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
            Err(missing) => Err(ClaimsRejection::new::<C>(missing, &[], parts)),
        }
    }
}

/// The rejection of [`Claims`] as an extractor.
#[derive(Debug)]
pub struct ClaimsRejection {
    missing: MissingClaims,
    response: MadeResponse,
}

impl ClaimsRejection {
    /// `scopes` are those that the handler requires.
    pub(super) fn new<C>(missing: MissingClaims, scopes: &[&str], parts: &Parts) -> Self
    where
        C: Send + Sync + 'static,
    {
        let response = match missing {
            MissingClaims::Unauthenticated => {
                let scopes = (!scopes.is_empty()).then(|| scopes.join(" ").into());
                let error = Error::from(ErrorKind::MissingToken).with_required_scope(scopes);
                trace::rejected(&error);
                Claims::<C>::rejection_response(error, &RequestParts::from(parts))
            }
            MissingClaims::NoLayer => (
                StatusCode::INTERNAL_SERVER_ERROR,
                [(CACHE_CONTROL, "no-store")],
            )
                .into_response(),
        };
        let response = MadeResponse::from(response);
        Self { missing, response }
    }

    /// Returns why there are no claims.
    #[must_use]
    pub const fn reason(&self) -> MissingClaims {
        self.missing
    }

    /// Returns the status of the response. By default: 401 if the layer let the request pass
    /// without claims, else 500.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.response.status
    }
}

impl IntoResponse for ClaimsRejection {
    fn into_response(self) -> Response {
        self.response.into_response()
    }
}

impl fmt::Display for ClaimsRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.missing.fmt(f)
    }
}

impl std::error::Error for ClaimsRejection {}
