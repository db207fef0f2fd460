//! Verified claims as the key of [`tower_governor`]'s rate limits.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use http::{Request, Response};
use tower_governor::GovernorError;
use tower_governor::key_extractor::KeyExtractor;

use crate::{Claims, Error, ErrorKind, JsonClaims, MissingClaims, RequestParts, trace};

/// A key extractor for [`tower_governor`]: a rate limit for each caller, by verified claims.
///
/// The key always contains the token's issuer: subjects and clients are unique only for one issuer
/// (RFC 7519 §4.1.2), so callers of one issuer can't use up the quota of another issuer's callers.
///
/// Note:
/// - The `GovernorLayer` goes below [`JwtAuthLayer`](crate::JwtAuthLayer). It does not limit
///   invalid tokens: for those, limit by address above the layer; see
///   [`composition`](crate::composition).
/// - `tower_governor` keeps all keys until `config.limiter().retain_recent()` is called. Call it
///   periodically.
/// - The 401 responses are those of the layer, without their body: see
///   [`Inherited`](crate::Inherited).
/// - The response body must be axum's or tonic's (features `axum` and `tonic` of `tower_governor`).
///   With axum's body, the responses of `tower_governor` itself (429 and 500) have no
///   `grpc-status`. With tonic's body, a request that is not gRPC gets HTTP 200 and gRPC 13 in
///   place of 401.
///
/// | request | response |
/// |---|---|
/// | exceeds the limit | 429 and `Retry-After`, in whole seconds rounded down (with tonic's body: HTTP 200 and gRPC 8) |
/// | was let through without claims ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | 401, a challenge without an error (gRPC 16) |
/// | has a token without the claim | 401 `invalid_token` (gRPC 16) |
/// | no [`JwtAuthLayer`](crate::JwtAuthLayer) with this `C` ran | 500 (with tonic's body: HTTP 200 and gRPC 13), and a log event at level error |
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_governor::{GovernorLayer, governor::GovernorConfigBuilder};
/// use tower_jwt_auth::{ClaimsKeyExtractor, JsonClaims, JwtAuthLayer};
///
/// fn app(auth: JwtAuthLayer) -> Option<Router> {
///     let limit = GovernorConfigBuilder::default()
///         .per_second(1)
///         .burst_size(20)
///         .key_extractor(ClaimsKeyExtractor::<JsonClaims>::subject())
///         .finish()?;
///     let limited = Router::new().route("/", get(|| async { "hello" }));
///     Some(limited.layer(GovernorLayer::new(limit)).layer(auth))
/// }
/// ```
pub struct ClaimsKeyExtractor<C = JsonClaims, K = Box<str>> {
    value: Arc<Value<C, K>>,
}

/// Returns the value of the key, or `None` to reject the request.
type Value<C, K> = dyn Fn(&Claims<C>) -> Option<K> + Send + Sync;

/// The key of [`ClaimsKeyExtractor`]: the token's issuer, and the value of the claim.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClaimsKey<K = Box<str>> {
    issuer: Box<str>,
    value: K,
}

impl<C> ClaimsKeyExtractor<C> {
    /// Limits by `sub`: each user, or each client where clients act for themselves.
    #[must_use]
    pub fn subject() -> Self {
        Self::from_fn(|claims| claims.subject().map(Box::from))
    }

    /// Limits by the client that the token was issued to: `client_id` (RFC 9068 §2.2), else `azp`
    /// (OpenID Connect Core §2).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ClaimsKeyExtractor, JsonClaims};
    ///
    /// let by_client = ClaimsKeyExtractor::<JsonClaims>::client();
    /// # drop(by_client);
    /// ```
    #[must_use]
    pub fn client() -> Self {
        Self::from_fn(|claims| {
            let client = claims.client_id().or(claims.authorized_party());
            client.map(Box::from)
        })
    }
}

impl<C, K> ClaimsKeyExtractor<C, K> {
    /// Limits by the value that `value` returns. Requests for which it returns `None` are rejected
    /// with 401 `invalid_token`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Claims, ClaimsKeyExtractor};
    ///
    /// let by_tenant = ClaimsKeyExtractor::from_fn(|claims: &Claims| {
    ///     Some(claims.get("tenant")?.as_str()?.to_owned())
    /// });
    /// # drop(by_tenant);
    /// ```
    #[must_use]
    pub fn from_fn(value: impl Fn(&Claims<C>) -> Option<K> + Send + Sync + 'static) -> Self {
        Self {
            value: Arc::new(value),
        }
    }
}

impl<C, K> KeyExtractor for ClaimsKeyExtractor<C, K>
where
    C: Send + Sync + 'static,
    K: Clone + Hash + Eq,
{
    type Key = ClaimsKey<K>;

    fn name(&self) -> &'static str {
        "claims"
    }

    fn extract<B>(&self, request: &Request<B>) -> Result<Self::Key, GovernorError> {
        let parts = RequestParts::from(request);
        let claims =
            Claims::<C>::from_extensions(request.extensions()).map_err(
                |missing| match missing {
                    MissingClaims::Unauthenticated => {
                        rejected::<C>(ErrorKind::MissingToken, &parts)
                    }
                    MissingClaims::NoLayer => GovernorError::UnableToExtractKey,
                },
            )?;
        let value =
            (self.value)(claims).ok_or_else(|| rejected::<C>(ErrorKind::MissingClaim, &parts))?;
        Ok(ClaimsKey {
            issuer: claims.issuer().into(),
            value,
        })
    }
}

/// Returns the response of the layer above as an error: `tower_governor` uses its status and
/// headers, also for gRPC. It knows no other body than a text, and not its type.
fn rejected<C>(error: ErrorKind, request: &RequestParts<'_>) -> GovernorError
where
    C: Send + Sync + 'static,
{
    let error = Error::from(error);
    trace::rejected(&error);
    let response: Response<()> = Claims::<C>::rejection_response(error, request);
    let (parts, ()) = response.into_parts();
    let (code, headers) = (parts.status, Some(parts.headers));
    GovernorError::Other {
        code,
        msg: Some(String::new()),
        headers,
    }
}

// Written by hand: derived impls would bound `C` and `K`.
impl<C, K> Clone for ClaimsKeyExtractor<C, K> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
        }
    }
}

impl<C, K> fmt::Debug for ClaimsKeyExtractor<C, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsKeyExtractor").finish_non_exhaustive()
    }
}

/// Shows no claim: claims are personal.
impl<K> fmt::Debug for ClaimsKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsKey").finish_non_exhaustive()
    }
}
