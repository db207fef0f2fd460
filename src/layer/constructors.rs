//! Constructors, which all go through the builder.

use super::{JwtAuthBuilder, JwtAuthLayer};
use crate::algorithm::Algorithm;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::Key;
use crate::verify::{Audience, Authenticator, Issuer};

/// Constructors. The claims are [`JsonClaims`](crate::JsonClaims); for a type of your own, see
/// [`JwtAuthBuilder::claims`].
impl JwtAuthLayer {
    /// Fetches the keys of an issuer whose metadata names their URL: OpenID Connect Discovery 1.0,
    /// else RFC 8414. Returns a layer that trusts this issuer.
    ///
    /// Waits for at most 6 s. To start without the keys, use [`JwtAuthLayer::builder`] with
    /// [`Issuer::discovery`]: then the first request fetches them.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`](ConfigErrorKind::KeysUnavailable) if the keys can't be fetched;
    /// otherwise as [`JwtAuthBuilder::build`].
    pub async fn discover(
        issuer: impl Into<String>,
        audience: impl Into<Audience>,
    ) -> Result<Self, ConfigError> {
        let issuer = issuer.into();
        let layer = Self::builder(Issuer::discovery(issuer.as_str(), audience)).build()?;
        layer.authenticator().prefetch().await.map_err(|error| {
            let message = format!("issuer {issuer:?}: its keys could not be fetched");
            ConfigError::new(ConfigErrorKind::KeysUnavailable, message).with_source(error)
        })?;
        Ok(layer)
    }

    /// Returns a layer that trusts an issuer whose keys are a JWK set at `jwks_uri`.
    ///
    /// Fetches nothing yet: the first request does, or [`Authenticator::prefetch`].
    ///
    /// # Errors
    ///
    /// As [`JwtAuthBuilder::build`].
    pub fn jwks(
        issuer: impl Into<String>,
        jwks_uri: impl Into<String>,
        audience: impl Into<Audience>,
    ) -> Result<Self, ConfigError> {
        Self::builder(Issuer::jwks(issuer, jwks_uri, audience)).build()
    }

    /// Returns a layer that trusts an issuer which shares a secret with this service, for HS256.
    ///
    /// The secret must have at least 32 bytes, and should be random. Prefer public keys: every
    /// service that can verify with a secret can also sign with it. For other HMAC algorithms, see
    /// [`Key::from_secret`].
    ///
    /// # Errors
    ///
    /// [`WeakSecret`](ConfigErrorKind::WeakSecret); otherwise as [`JwtAuthBuilder::build`].
    pub fn from_secret(
        issuer: impl Into<String>,
        secret: impl AsRef<[u8]>,
        audience: impl Into<Audience>,
    ) -> Result<Self, ConfigError> {
        let key = Key::from_secret(Algorithm::HS256, secret)?;
        Self::builder(Issuer::from_keys(issuer, key, audience)).build()
    }

    /// Returns a builder, which has all other settings.
    pub fn builder(issuer: Issuer) -> JwtAuthBuilder {
        JwtAuthBuilder::new(issuer)
    }
}

impl Authenticator {
    /// Returns a builder. End it with [`build_authenticator`](JwtAuthBuilder::build_authenticator).
    pub fn builder(issuer: Issuer) -> JwtAuthBuilder {
        JwtAuthBuilder::new(issuer)
    }
}
