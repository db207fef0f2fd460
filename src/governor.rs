//! Who calls, as the key of [`tower_governor`]'s rate limits.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use http::Request;
use serde::Deserialize;
use tower_governor::GovernorError;
use tower_governor::key_extractor::KeyExtractor;

use crate::error::{Error, ErrorKind};
use crate::head::RequestHead;
use crate::jwt::{Claims, JsonClaims};
use crate::require::{Absent, claims_of};
use crate::response::{Challenge, MakeResponse as _};
use crate::trace;

/// Gives every caller a limit of his own: a key extractor for [`tower_governor`] over verified claims.
///
/// The key is always the token's issuer together with what you choose, because a subject or a client is unique only
/// there (RFC 7519 §4.1.2): no issuer's callers can use up another's.
///
/// Mind:
/// - The `GovernorLayer` with it stands below [`JwtAuthLayer`](crate::JwtAuthLayer). A flood of bad tokens doesn't get
///   so far: limit addresses above the layer, see [`composition`](crate::composition).
/// - `tower_governor` keeps every key until it is told not to: call `config.limiter().retain_recent()` now and then.
/// - It can answer only where the response body is axum's or tonic's (its features `axum`, `tonic`).
///
/// | the request | is answered with |
/// |---|---|
/// | comes too often | 429 and `Retry-After`, in whole seconds rounded down (gRPC 8) |
/// | was let through without a token ([`optional`](crate::JwtAuthBuilder::optional)) | 401, the bare challenge (gRPC 16) |
/// | has a token without what the limit goes by | 401 `invalid_token` (gRPC 16) |
/// | was not seen by a [`JwtAuthLayer`](crate::JwtAuthLayer) with this `C` | 500 (gRPC 13), and an event at level error |
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_governor::{GovernorLayer, governor::GovernorConfigBuilder};
/// use tower_jwt_auth::{ClaimsKeyExtractor, JwtAuthLayer, JsonClaims};
///
/// fn app(auth: JwtAuthLayer) -> Option<Router> {
///     let limit = GovernorConfigBuilder::default()
///         .per_second(1)
///         .burst_size(20)
///         .key_extractor(ClaimsKeyExtractor::<JsonClaims>::subject())
///         .finish()?;
///     Some(Router::new().route("/", get(|| async { "hello" })).layer(GovernorLayer::new(limit)).layer(auth))
/// }
/// ```
pub struct ClaimsKeyExtractor<C = JsonClaims, K = Box<str>> {
    value: Arc<Value<C, K>>,
}

type Value<C, K> = dyn Fn(&Claims<C>) -> Option<K> + Send + Sync;

/// Whose limit it is: the token's issuer, and what [`ClaimsKeyExtractor`] goes by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClaimsKey<K = Box<str>> {
    issuer: Box<str>,
    value: K,
}

impl<C> ClaimsKeyExtractor<C> {
    /// By `sub`: a limit for each user, or each client where clients act for themselves.
    #[must_use]
    pub fn subject() -> Self {
        Self::by(|claims| claims.subject().map(Box::from))
    }

    /// By the client that the token was issued to: `client_id` (RFC 9068 §2.2), else `azp` (OpenID Connect Core §2).
    ///
    /// ```
    /// use tower_jwt_auth::{ClaimsKeyExtractor, JsonClaims};
    ///
    /// let by_client = ClaimsKeyExtractor::<JsonClaims>::client();
    /// # drop(by_client);
    /// ```
    #[must_use]
    pub fn client() -> Self {
        Self::by(|claims| serde_json::from_str::<Client<'_>>(claims.json()).ok()?.id())
    }
}

impl<C, K> ClaimsKeyExtractor<C, K> {
    /// By any claim. Where `value` finds none, the request is refused: nobody goes unlimited.
    ///
    /// ```
    /// use tower_jwt_auth::{Claims, ClaimsKeyExtractor};
    ///
    /// let by_tenant = ClaimsKeyExtractor::by(|claims: &Claims| Some(claims.get("tenant")?.as_str()?.to_owned()));
    /// # drop(by_tenant);
    /// ```
    #[must_use]
    pub fn by(value: impl Fn(&Claims<C>) -> Option<K> + Send + Sync + 'static) -> Self {
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
        let head = RequestHead::from(request);
        let claims = claims_of::<C>(head.extensions()).map_err(|absent| match absent {
            Absent::Token => refused(&ErrorKind::MissingToken.into(), &head),
            Absent::Layer => GovernorError::UnableToExtractKey,
        })?;
        let value =
            (self.value)(claims).ok_or_else(|| refused(&ErrorKind::MissingClaim.into(), &head))?;
        Ok(ClaimsKey {
            issuer: claims.issuer().into(),
            value,
        })
    }
}

/// The usual challenge: `tower_governor` takes its status and headers as they are, also those of gRPC.
fn refused(error: &Error, head: &RequestHead<'_>) -> GovernorError {
    trace::refused(error);
    let (parts, ()) = Challenge::new().make_response(error, head).into_parts();
    GovernorError::Other {
        code: parts.status,
        msg: Some(String::new()),
        headers: Some(parts.headers),
    }
}

/// The claims that name a client.
#[derive(Deserialize)]
struct Client<'j> {
    #[serde(borrow)]
    client_id: Option<Cow<'j, str>>,
    #[serde(borrow)]
    azp: Option<Cow<'j, str>>,
}

impl Client<'_> {
    fn id(self) -> Option<Box<str>> {
        self.client_id.or(self.azp).map(Box::from)
    }
}

// By hand, because derived ones would ask for more of `C` and `K`.
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

/// Claims are personal: none is shown.
impl<K> fmt::Debug for ClaimsKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsKey").finish_non_exhaustive()
    }
}
