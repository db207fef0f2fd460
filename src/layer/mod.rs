//! The layer: its constructors, its service, and what becomes of a request.

mod browser;
mod builder;
pub mod composition;
mod constructors;
mod future;
mod gate;
mod missing_token;
mod on_response;
mod pending;
mod ready;
mod rejections;
mod service;
mod validation;
mod variants;

use std::fmt;
use std::sync::Arc;

use tower::Layer;

pub use self::builder::JwtAuthBuilder;
pub use self::future::ResponseFuture;
use self::gate::Gate;
pub(crate) use self::gate::RequestPredicate;
pub(crate) use self::ready::take_ready;
pub use self::service::JwtAuth;
use crate::config_error::ConfigError;
use crate::health::HealthService;
use crate::jwt::JsonClaims;
use crate::request::LayerRejections;
use crate::resource_metadata::ResourceMetadataService;
use crate::response::Challenge;
use crate::verify::{Authenticator, Issuers};

/// A layer that requires a valid token.
///
/// Rejects requests without a valid token. Passes the others to the inner service, with
/// [`Claims<C>`](crate::Claims) in their extensions.
///
/// `C` is the type that the claims are deserialized into: [`JsonClaims`], unless
/// [`JwtAuthBuilder::claims`] names another. `R` makes the responses to rejected requests, also for
/// [`RequireLayer`](crate::RequireLayer) and extractors below: see [`Inherited`](crate::Inherited).
///
/// Cheap to clone: clones share the cached keys, also those that [`optional`](Self::optional),
/// [`token_sources`](Self::token_sources) or [`rejection_response`](Self::rejection_response) makes
/// different for some routes.
///
/// # Examples
///
/// ```no_run
/// # async fn start() -> Result<(), tower_jwt_auth::ConfigError> {
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use tower::ServiceBuilder;
/// use tower_jwt_auth::JwtAuthLayer;
///
/// let auth =
///     JwtAuthLayer::discover("https://login.example.com/", "https://api.example.com").await?;
/// let service = ServiceBuilder::new().layer(auth).service_fn(|request: Request<String>| async {
///     Ok::<_, Infallible>(Response::new(request.into_body()))
/// });
/// # drop(service);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct JwtAuthLayer<C = JsonClaims, R = Challenge> {
    gate: Arc<Gate<C>>,
    rejections: Arc<LayerRejections<R>>,
}

impl<C, R> JwtAuthLayer<C, R> {
    /// Returns the authenticator of this layer, for tokens that do not come with an HTTP request.
    #[must_use]
    pub fn authenticator(&self) -> &Authenticator<C> {
        &self.gate.authenticator
    }

    /// Returns a handle that adds, replaces and removes issuers while this layer, its clones and
    /// its services are in use.
    #[must_use]
    pub fn issuers(&self) -> Issuers {
        self.authenticator().issuers()
    }

    /// Returns a service that responds with the metadata of the resource, for routers in which
    /// requests for it do not reach this layer: see [`ResourceMetadataService`].
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if
    /// [`resource`](JwtAuthBuilder::resource) is not set.
    pub fn metadata_service(&self) -> Result<ResourceMetadataService, ConfigError> {
        let endpoint = self.gate.metadata.as_ref().ok_or_else(|| {
            ConfigError::invalid_setting(
                "metadata_service: the layer has no metadata; set JwtAuthBuilder::resource",
            )
        })?;
        Ok(ResourceMetadataService::new(Arc::clone(endpoint)))
    }
}

impl<C: Send + Sync + 'static, R> JwtAuthLayer<C, R> {
    /// Returns a service that responds to the probes of load balancers, for routes outside this
    /// layer: see [`HealthService`].
    pub fn health_service(&self) -> HealthService {
        HealthService::new(self.authenticator())
    }
}

impl<S, C, R> Layer<S> for JwtAuthLayer<C, R> {
    type Service = JwtAuth<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        JwtAuth::new(inner, Arc::clone(&self.gate), Arc::clone(&self.rejections))
    }
}

// Written by hand: a derived impl would require `C: Clone` and `R: Clone`.
impl<C, R> Clone for JwtAuthLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            gate: Arc::clone(&self.gate),
            rejections: Arc::clone(&self.rejections),
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
