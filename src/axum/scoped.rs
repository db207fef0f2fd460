//! Scopes that a handler asks for by its signature.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Request, StatusCode};

use super::MissingClaims;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Claims, JsonClaims};
use crate::require::{Absent, are_scopes, claims_of};
use crate::response::Challenge;
use crate::service::refuse;
use crate::trace;

/// Names the scopes that a [`Scoped`] handler asks for.
///
/// ```
/// use tower_jwt_auth::Scopes;
///
/// struct OrdersRead;
///
/// impl Scopes for OrdersRead {
///     const ALL: &'static [&'static str] = &["orders:read"];
/// }
/// ```
pub trait Scopes {
    /// All of these are asked for. An empty list, or what is not a scope (RFC 6749 §3.3), doesn't compile.
    const ALL: &'static [&'static str];
}

/// The claims of a caller whose token grants all scopes that `N` names: the handler's signature says what it needs.
///
/// | the request | is answered with |
/// |---|---|
/// | lacks a scope | 403, `error="insufficient_scope"` and `scope="…"` |
/// | was let through without a token ([`optional`](crate::JwtAuthBuilder::optional)) | 401, the bare challenge |
/// | was not seen by a [`JwtAuthLayer`](crate::JwtAuthLayer) with this `C` | 500, and an event at level error |
///
/// For responses of your own, or any of several scopes, use [`RequireLayer`](crate::RequireLayer).
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
/// async fn orders(caller: Scoped<OrdersRead>) -> String {
///     format!("orders of {}", caller.subject().unwrap_or_default())
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
    /// The claims alone.
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
    type Rejection = ScopeRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScopeRejection> {
        const {
            assert!(
                are_scopes(N::ALL),
                "`Scopes::ALL` is empty, or names what is not a scope"
            )
        };
        let claims = claims_of::<C>(&parts.extensions)?;
        if N::ALL.iter().all(|scope| claims.has_scope(scope)) {
            return Ok(Self {
                claims: claims.clone(),
                scopes: PhantomData,
            });
        }
        Err(ScopeRejection::refused(Error::insufficient_scope(Some(
            N::ALL.join(" ").into(),
        ))))
    }
}

impl<N, C> Deref for Scoped<N, C> {
    type Target = Claims<C>;

    fn deref(&self) -> &Claims<C> {
        &self.claims
    }
}

// By hand, because derived ones would ask for more of `N` and `C`.
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

/// Why there is no [`Scoped`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ScopeRejection {
    /// The layer is missing, or has another claims type.
    MissingClaims(MissingClaims),
    /// The token doesn't reach this far, or there is none.
    Refused(Error),
}

impl ScopeRejection {
    fn refused(error: Error) -> Self {
        trace::refused(&error);
        Self::Refused(error)
    }

    /// 403, 401, or 500 where it is the server's mistake.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::MissingClaims(missing) => missing.status(),
            Self::Refused(error) => Challenge::status(error),
        }
    }
}

impl From<Absent> for ScopeRejection {
    fn from(absent: Absent) -> Self {
        match absent {
            Absent::Token => Self::refused(ErrorKind::MissingToken.into()),
            Absent::Layer => Self::MissingClaims(MissingClaims { anonymous: false }),
        }
    }
}

impl IntoResponse for ScopeRejection {
    fn into_response(self) -> Response {
        match self {
            Self::MissingClaims(missing) => missing.into_response(),
            Self::Refused(error) => refuse(&Challenge::new(), error, &Request::new(())),
        }
    }
}

impl fmt::Display for ScopeRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingClaims(missing) => missing.fmt(f),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ScopeRejection {}
