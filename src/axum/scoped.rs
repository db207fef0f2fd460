//! The extractor of claims that requires scopes.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Request, StatusCode};

use super::ClaimsRejection;
use crate::{
    Challenge, Claims, Error, ErrorKind, JsonClaims, MissingClaims, RejectionResponse as _,
    RequestParts, Scopes, trace,
};

/// Extracts the claims of a token that grants all scopes that `N` names.
///
/// | request | response |
/// |---|---|
/// | lacks a scope | 403, `error="insufficient_scope"` and `scope="…"` |
/// | was let through without claims ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | 401, a challenge without an error |
/// | no [`JwtAuthLayer`](crate::JwtAuthLayer) with this `C` ran | 500, and a log event at level error |
///
/// The response is that of [`Challenge`], without a realm. For other responses, or to require any
/// of several scopes, use [`RequireLayer`](crate::RequireLayer).
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
        let claims = Claims::<C>::from_extensions(&parts.extensions)?;
        claims.require::<N>().map_err(ScopedRejection::rejected)?;
        Ok(Self {
            claims: claims.clone(),
            scopes: PhantomData,
        })
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

/// The rejection of [`Scoped`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ScopedRejection {
    /// No [`JwtAuthLayer`](crate::JwtAuthLayer) with this claims type ran.
    Claims(ClaimsRejection),
    /// The token lacks a scope, or the layer let the request pass without claims.
    Rejected(Error),
}

impl ScopedRejection {
    fn rejected(error: Error) -> Self {
        trace::rejected(&error);
        Self::Rejected(error)
    }

    /// Returns the status of the response: 403, 401 or 500.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Claims(rejection) => rejection.status(),
            Self::Rejected(error) => Challenge::status(error),
        }
    }
}

impl From<MissingClaims> for ScopedRejection {
    fn from(missing: MissingClaims) -> Self {
        match missing {
            MissingClaims::Unauthenticated => Self::rejected(ErrorKind::MissingToken.into()),
            MissingClaims::NoLayer => Self::Claims(missing.into()),
        }
    }
}

impl IntoResponse for ScopedRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Claims(rejection) => rejection.into_response(),
            Self::Rejected(error) => {
                // `Challenge` only looks at whether it is gRPC, which axum's handlers don't serve.
                let request = Request::new(());
                let parts = RequestParts::from(&request);
                let mut response: Response = Challenge::new().rejection_response(&error, &parts);
                response.extensions_mut().insert(error);
                response
            }
        }
    }
}

impl fmt::Display for ScopedRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claims(rejection) => rejection.fmt(f),
            Self::Rejected(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ScopedRejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Claims(rejection) => rejection.source(),
            Self::Rejected(error) => error.source(),
        }
    }
}
