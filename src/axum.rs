//! `Claims<C>` and `Scoped<S, C>` as axum extractors.

mod scoped;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;

use crate::guard::Unauthenticated;
use crate::jwt::Claims;
use crate::trace;

pub use scoped::{ScopeRejection, Scoped, Scopes};

/// The claims that [`JwtAuthLayer`](crate::JwtAuthLayer) left in the request.
///
/// A route without the layer answers 500, and the log says what is missing. A request that the layer let through without
/// a token gets 401.
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
    type Rejection = MissingClaims;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingClaims> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(|| MissingClaims::of::<C>(parts))
    }
}

/// `Option<Claims<C>>`: `None` where the request was let through without a token
/// ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)). Without the layer it is a 500
/// all the same: nobody has looked for a token.
impl<S, C> OptionalFromRequestParts<S> for Claims<C>
where
    S: Sync,
    C: Send + Sync + 'static,
{
    type Rejection = MissingClaims;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, MissingClaims> {
        match parts.extensions.get().cloned() {
            None if !was_let_through(parts) => Err(MissingClaims::of::<C>(parts)),
            claims => Ok(claims),
        }
    }
}

/// Whether the layer let the request through without a token.
fn was_let_through(parts: &Parts) -> bool {
    parts.extensions.get::<Unauthenticated>().is_some()
}

/// The request holds no [`Claims<C>`].
///
/// 401 with the bare challenge, if the layer let it through without a token and the handler needs one; else 500: the
/// layer is missing, or has another claims type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MissingClaims {
    anonymous: bool,
}

impl MissingClaims {
    fn of<C>(parts: &Parts) -> Self {
        let anonymous = was_let_through(parts);
        if !anonymous {
            trace::layer_missing(std::any::type_name::<Claims<C>>());
        }
        Self { anonymous }
    }

    /// 401, or 500 where it is a mistake of the server's.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        if self.anonymous {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

impl std::fmt::Display for MissingClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.anonymous {
            "no access token was given"
        } else {
            "the request was not authenticated"
        })
    }
}

impl std::error::Error for MissingClaims {}

impl IntoResponse for MissingClaims {
    fn into_response(self) -> Response {
        if self.anonymous {
            return (self.status(), [(WWW_AUTHENTICATE, "Bearer")]).into_response();
        }
        self.status().into_response()
    }
}
