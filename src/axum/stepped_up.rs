//! The extractor of claims that requires an authentication of the user.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::{ClaimsRejection, ScopedRejection};
use crate::{Claims, Error, ErrorKind, JsonClaims, StepUp, trace};

/// Extracts the claims of a token whose user has authenticated as `N` names (RFC 9470).
///
/// | request | response |
/// |---|---|
/// | needs another or a more recent authentication | 401, `error="insufficient_user_authentication"`, with `acr_values="…"`, `max_age="…"`, and `scope="…"` if a scope is missing, too |
/// | lacks a scope of `N` only | 403, `error="insufficient_scope"` and `scope="…"` |
/// | was let through without claims ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | 401, a challenge without an error |
/// | no [`JwtAuthLayer`](crate::JwtAuthLayer) with this `C` ran | 500, and a log event at level error |
///
/// The response is that of the layer, see [`Inherited`](crate::Inherited).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use axum::{Router, routing::post};
/// use tower_jwt_auth::{JwtAuthLayer, StepUp, SteppedUp};
///
/// /// The user has authenticated within the last five minutes.
/// struct Recent;
///
/// impl StepUp for Recent {
///     const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
/// }
///
/// async fn transfer(claims: SteppedUp<Recent>) -> String {
///     format!("transferred by {}", claims.subject().unwrap_or_default())
/// }
///
/// fn app(auth: JwtAuthLayer) -> Router {
///     Router::new().route("/transfer", post(transfer)).layer(auth)
/// }
/// ```
pub struct SteppedUp<N, C = JsonClaims> {
    claims: Claims<C>,
    required: PhantomData<fn() -> N>,
}

impl<N, C> SteppedUp<N, C> {
    /// Returns the claims.
    #[must_use]
    pub fn into_claims(self) -> Claims<C> {
        self.claims
    }
}

impl<S, N, C> FromRequestParts<S> for SteppedUp<N, C>
where
    S: Sync,
    N: StepUp,
    C: Send + Sync + 'static,
{
    type Rejection = ScopedRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScopedRejection> {
        let claims = match Claims::<C>::from_extensions(&parts.extensions) {
            Ok(claims) => claims,
            Err(missing) => {
                return Err(ClaimsRejection::new::<C>(missing, N::SCOPES, parts).into());
            }
        };
        match claims.require_step_up::<N>() {
            Ok(()) => Ok(Self {
                claims: claims.clone(),
                required: PhantomData,
            }),
            Err(error) => {
                log(&error, claims);
                Err(ScopedRejection::rejected::<C>(error, parts))
            }
        }
    }
}

/// Logs what the token lacks, at debug.
fn log<C>(error: &Error, claims: &Claims<C>) {
    if error.kind() == ErrorKind::InsufficientUserAuthentication {
        trace::authentication_missing(error);
    } else {
        trace::scopes_missing(error, "all of", |scope| claims.has_scope(scope));
    }
}

impl<N, C> Deref for SteppedUp<N, C> {
    type Target = Claims<C>;

    fn deref(&self) -> &Claims<C> {
        &self.claims
    }
}

// Written by hand: derived impls would bound `N` and `C`.
impl<N, C> Clone for SteppedUp<N, C> {
    fn clone(&self) -> Self {
        Self {
            claims: self.claims.clone(),
            required: PhantomData,
        }
    }
}

impl<N, C> fmt::Debug for SteppedUp<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SteppedUp").field(&self.claims).finish()
    }
}
