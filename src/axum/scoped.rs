//! The extractor of claims that requires scopes.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::ClaimsRejection;
use super::response::MadeResponse;
use crate::{Claims, Error, JsonClaims, RequestParts, Scopes, trace};

/// Extracts the claims of a token that grants all scopes that `N` names.
///
/// | request | response |
/// |---|---|
/// | lacks a scope | 403, `error="insufficient_scope"` and `scope="…"` |
/// | was let through without claims ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | 401, a challenge without an error |
/// | no [`JwtAuthLayer`](crate::JwtAuthLayer) with this `C` ran | 500, and a log event at level error |
///
/// The response is that of the layer, see [`Inherited`](crate::Inherited). To require any of
/// several scopes, use [`RequireLayer`](crate::RequireLayer).
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_jwt_auth::{JwtAuthLayer, Scoped, Scopes};
///
/// struct OrdersRead;
///
/// impl Scopes for OrdersRead {
///     const ALL: &'static [&'static str] = &["orders:read"];
/// }
///
/// async fn orders(claims: Scoped<OrdersRead>) -> String {
///     format!("orders of {}", claims.subject().unwrap_or_default())
/// }
///
/// fn app(auth: JwtAuthLayer) -> Router {
///     Router::new().route("/orders", get(orders)).layer(auth)
/// }
/// ```
pub struct Scoped<N, C = JsonClaims> {
    claims: Claims<C>,
    scopes: PhantomData<fn() -> N>,
}

impl<N, C> Scoped<N, C> {
    /// Returns the claims.
    #[must_use]
    pub fn into_claims(self) -> Claims<C> {
        self.claims
    }
}

impl<S, N, C> FromRequestParts<S> for Scoped<N, C>
where
    S: Sync,
    N: Scopes,
    C: Send + Sync + 'static,
{
    type Rejection = ScopedRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScopedRejection> {
        let claims = match Claims::<C>::from_extensions(&parts.extensions) {
            Ok(claims) => claims,
            Err(missing) => return Err(ClaimsRejection::new::<C>(missing, N::ALL, parts).into()),
        };
        match claims.require::<N>() {
            Ok(()) => Ok(Self {
                claims: claims.clone(),
                scopes: PhantomData,
            }),
            Err(error) => {
                trace::scopes_missing(&error, "all of", |scope| claims.has_scope(scope));
                Err(ScopedRejection::rejected::<C>(error, parts))
            }
        }
    }
}

impl<N, C> Deref for Scoped<N, C> {
    type Target = Claims<C>;

    fn deref(&self) -> &Claims<C> {
        &self.claims
    }
}

// Written by hand: derived impls would bound `N` and `C`.
impl<N, C> Clone for Scoped<N, C> {
    fn clone(&self) -> Self {
        Self {
            claims: self.claims.clone(),
            scopes: PhantomData,
        }
    }
}

impl<N, C> fmt::Debug for Scoped<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&self.claims).finish()
    }
}

/// The rejection of [`Scoped`] and [`SteppedUp`](crate::SteppedUp).
#[derive(Debug)]
#[non_exhaustive]
pub enum ScopedRejection {
    /// There are no claims: the layer let the request pass without claims, or no
    /// [`JwtAuthLayer`](crate::JwtAuthLayer) with this claims type ran.
    Claims(ClaimsRejection),
    /// The token lacks a scope, or the user must authenticate again.
    Rejected(RejectedScope),
}

/// The rejection of a token that lacks a scope, or an authentication of the user.
#[derive(Debug)]
pub struct RejectedScope {
    error: Error,
    response: MadeResponse,
}

impl RejectedScope {
    /// Returns the error.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }
}

impl ScopedRejection {
    pub(super) fn rejected<C: Send + Sync + 'static>(error: Error, parts: &Parts) -> Self {
        trace::rejected(&error);
        let request = RequestParts::from(parts);
        let response = Claims::<C>::rejection_response(error.clone(), &request);
        let response = MadeResponse::from(response);
        Self::Rejected(RejectedScope { error, response })
    }

    /// Returns the status of the response. By default: 403, 401 or 500.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Claims(rejection) => rejection.status(),
            Self::Rejected(rejected) => rejected.response.status,
        }
    }
}

impl From<ClaimsRejection> for ScopedRejection {
    fn from(rejection: ClaimsRejection) -> Self {
        Self::Claims(rejection)
    }
}

impl IntoResponse for ScopedRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Claims(rejection) => rejection.into_response(),
            Self::Rejected(rejected) => rejected.response.into_response(),
        }
    }
}

impl fmt::Display for ScopedRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claims(rejection) => rejection.fmt(f),
            Self::Rejected(rejected) => rejected.error.fmt(f),
        }
    }
}

impl std::error::Error for ScopedRejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Claims(rejection) => rejection.source(),
            Self::Rejected(rejected) => rejected.error.source(),
        }
    }
}
