//! The layer.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tower::Layer;

use crate::Algorithm;
use crate::authenticator::{Authenticator, not_at_start};
use crate::builder::JwtAuthBuilder;
use crate::config_error::ConfigError;
use crate::guard::Guard;
use crate::issuer::Issuer;
use crate::jwk::Key;
use crate::jwt::JsonClaims;
use crate::response::Challenge;
use crate::service::JwtAuth;

/// Protects a service: requests without a good token are answered here, the others go on with
/// [`Claims<C>`](crate::Claims) in their extensions.
///
/// `C` is your type for the claims; name it (`JwtAuthLayer::<MyClaims>::discover(…)`), or name the layer's type for the
/// default (`let auth: JwtAuthLayer = …`). Cheap to clone.
///
/// ```no_run
/// # async fn start() -> Result<(), tower_jwt_auth::ConfigError> {
/// use tower_jwt_auth::JwtAuthLayer;
///
/// let auth: JwtAuthLayer = JwtAuthLayer::discover("https://login.example.com/", "https://api.example.com").await?;
/// let service = tower::ServiceBuilder::new().layer(auth).service_fn(|request: http::Request<String>| async {
///     Ok::<_, std::convert::Infallible>(http::Response::new(request.into_body()))
/// });
/// # drop(service);
/// # Ok(())
/// # }
/// ```
pub struct JwtAuthLayer<C = JsonClaims, R = Challenge> {
    pub(crate) guard: Arc<Guard<C>>,
    pub(crate) response: R,
}

impl<C> JwtAuthLayer<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    /// Trusts an issuer whose keys its metadata names (OpenID Connect Discovery, else RFC 8414), and fetches them.
    ///
    /// # Errors
    /// A bad URL, or [`KeysUnavailable`](crate::ConfigErrorKind::KeysUnavailable) if the keys can't be fetched now. To
    /// start without them, use [`JwtAuthLayer::builder`]: the first request fetches.
    pub async fn discover(
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let layer = Self::builder(Issuer::discover(issuer, audience)).build()?;
        layer
            .authenticator()
            .prefetch()
            .await
            .map_err(not_at_start)?;
        Ok(layer)
    }

    /// Trusts an issuer whose JWK set is at a URL. The first request fetches it;
    /// [`prefetch`](Authenticator::prefetch) does so before.
    ///
    /// # Errors
    /// A bad URL, an empty name, no HTTP client.
    pub fn jwks(
        issuer: impl Into<String>,
        jwks_uri: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Self::builder(Issuer::jwks(issuer, jwks_uri, audience)).build()
    }

    /// Trusts an issuer that shares a secret with this service: HS256, 32 random bytes at least. For other HMAC
    /// algorithms see [`Key::secret`]. Prefer public keys.
    ///
    /// # Errors
    /// A weak secret, an empty name.
    pub fn secret(
        issuer: impl Into<String>,
        secret: impl AsRef<[u8]>,
        audience: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let key = Key::secret(Algorithm::HS256, secret)?;
        Self::builder(Issuer::with_keys(issuer, key, audience)).build()
    }

    /// Everything can be set on the builder.
    pub fn builder(issuer: Issuer) -> JwtAuthBuilder<C> {
        JwtAuthBuilder::new(issuer)
    }
}

impl<C, R> JwtAuthLayer<C, R> {
    /// What checks the tokens: for those that come otherwise than in a request's head.
    #[must_use]
    pub fn authenticator(&self) -> &Authenticator<C> {
        &self.guard.authenticator
    }
}

impl<S, C, R: Clone> Layer<S> for JwtAuthLayer<C, R> {
    type Service = JwtAuth<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        JwtAuth {
            inner,
            guard: Arc::clone(&self.guard),
            response: self.response.clone(),
        }
    }
}

// By hand, because a derived one would ask for `C: Clone`.
impl<C, R: Clone> Clone for JwtAuthLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            guard: Arc::clone(&self.guard),
            response: self.response.clone(),
        }
    }
}

impl<C, R> fmt::Debug for JwtAuthLayer<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthLayer")
            .field("authenticator", self.authenticator())
            .finish_non_exhaustive()
    }
}
