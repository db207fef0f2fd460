//! The look-up of claims in the extensions of a request.

use std::fmt;
use std::marker::PhantomData;

use http::Extensions;

use super::Claims;
use crate::request::LayerContext;
use crate::trace;

/// Marks a request that a layer with this claims type let pass without claims. It distinguishes a
/// request without claims from a missing layer.
struct Unauthenticated<C> {
    layer: LayerContext,
    claims: PhantomData<fn() -> C>,
}

impl<C> Clone for Unauthenticated<C> {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.clone(),
            claims: PhantomData,
        }
    }
}

/// Adds the claims of the request that `layer` accepts. They carry the layer, since an extension of
/// its own would be another allocation.
pub(crate) fn insert_claims<C>(extensions: &mut Extensions, claims: Claims<C>, layer: LayerContext)
where
    C: Send + Sync + 'static,
{
    extensions.insert(claims.with_layer(layer));
}

/// Marks a request that `layer` lets pass without claims, and removes those of an outer layer.
pub(crate) fn remove_claims<C>(extensions: &mut Extensions, layer: LayerContext)
where
    C: Send + Sync + 'static,
{
    extensions.remove::<Claims<C>>();
    extensions.insert(Unauthenticated::<C> {
        layer,
        claims: PhantomData,
    });
}

/// Returns the innermost layer with this claims type that let the request pass.
pub(crate) fn layer_above<C>(extensions: &Extensions) -> Option<&LayerContext>
where
    C: Send + Sync + 'static,
{
    match extensions.get::<Claims<C>>() {
        Some(claims) => claims.layer(),
        None => Some(&extensions.get::<Unauthenticated<C>>()?.layer),
    }
}

/// The reason why a request has no [`Claims`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingClaims {
    /// A layer with this claims type let the request pass without reading a token, or found none,
    /// as [`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip) or
    /// [`pass_preflight`](crate::JwtAuthBuilder::pass_preflight) allows.
    Unauthenticated,
    /// No [`JwtAuthLayer`](crate::JwtAuthLayer) with this claims type ran for the request. This is
    /// a mistake in the server.
    NoLayer,
}

impl fmt::Display for MissingClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthenticated => {
                "no access token was given, or the request is exempt from authentication"
            }
            Self::NoLayer => "no JwtAuthLayer with this claims type ran",
        })
    }
}

impl std::error::Error for MissingClaims {}

impl<C: Send + Sync + 'static> Claims<C> {
    /// Returns the claims that [`JwtAuthLayer`](crate::JwtAuthLayer) inserted into the extensions
    /// of a request.
    ///
    /// # Errors
    ///
    /// [`MissingClaims::Unauthenticated`] if the layer let the request pass without claims.
    /// [`MissingClaims::NoLayer`] if no layer with this claims type ran. With feature `tracing`, a
    /// log event at level error then names the claims type.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Claims, MissingClaims};
    ///
    /// fn greet(request: &http::Request<()>) -> Result<String, MissingClaims> {
    ///     let claims: &Claims = Claims::from_extensions(request.extensions())?;
    ///     Ok(format!("hello {}", claims.subject().unwrap_or_default()))
    /// }
    ///
    /// // No layer ran for this request.
    /// assert_eq!(greet(&http::Request::new(())), Err(MissingClaims::NoLayer));
    /// ```
    pub fn from_extensions(extensions: &Extensions) -> Result<&Self, MissingClaims> {
        if let Some(claims) = extensions.get() {
            return Ok(claims);
        }
        if extensions.get::<Unauthenticated<C>>().is_some() {
            return Err(MissingClaims::Unauthenticated);
        }
        trace::layer_missing(std::any::type_name::<Self>());
        Err(MissingClaims::NoLayer)
    }
}
