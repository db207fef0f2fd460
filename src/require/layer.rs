//! The layer.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use http::Response;
use tower::Layer;

use super::requirement::{Failure, Passed, Requirement};
use super::service::Require;
use crate::error::Error;
use crate::jwt::JsonClaims;
use crate::layer::RequestPredicate;
use crate::request::{Paths, RequestParts};
use crate::response::Inherited;

/// A layer that requires scopes, a [`Rule`](crate::Rule) about roles and other claims, a table of
/// rules, or that a predicate over claims and request returns true.
///
/// It goes below [`JwtAuthLayer`](crate::JwtAuthLayer), on a router, a route or a gRPC service, and
/// reads the [`Claims<C>`](crate::Claims) that `JwtAuthLayer` inserted. Several can be stacked: a
/// request must meet all of them. Rejections look like those of `JwtAuthLayer`: see [`Inherited`].
///
/// | request | response |
/// |---|---|
/// | meets the requirement | that of the inner service |
/// | does not meet it | 403 `insufficient_scope`, with `scope="…"` where scopes are required (gRPC 7) |
/// | needs another authentication of the user: [`Rule::acr`](crate::Rule::acr), [`Rule::max_age`](crate::Rule::max_age) | 401 `insufficient_user_authentication` (gRPC 16) |
/// | was let through without claims ([`optional`](crate::JwtAuthBuilder::optional), [`skip`](crate::JwtAuthBuilder::skip)) | 401, a challenge without an error (gRPC 16) |
/// | no [`JwtAuthLayer`](crate::JwtAuthLayer) with this `C` ran | 500 (gRPC 13), and a log event at level error |
///
/// Cheap to clone.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::{get, post}};
/// use tower_jwt_auth::{ConfigError, JwtAuthLayer, RequireLayer};
///
/// # fn app(auth: JwtAuthLayer) -> Result<Router, ConfigError> {
/// let read = RequireLayer::all_scopes(["orders:read"])?;
/// let write = RequireLayer::any_scope(["orders:write", "orders:admin"])?;
/// let app = Router::new()
///     .route("/orders", get(|| async { "orders" }).layer(read))
///     .route("/orders", post(|| async { "ordered" }).layer(write))
///     .layer(auth);
/// # Ok(app)
/// # }
/// ```
#[must_use]
pub struct RequireLayer<C = JsonClaims, R = Inherited> {
    requirement: Arc<Requirement>,
    only_for: Option<RequestPredicate>,
    rejection: R,
    claims: PhantomData<fn() -> C>,
}

impl<C> RequireLayer<C> {
    pub(super) fn new(requirement: Requirement) -> Self {
        Self {
            requirement: Arc::new(requirement),
            only_for: None,
            rejection: Inherited,
            claims: PhantomData,
        }
    }
}

impl<C, R> RequireLayer<C, R> {
    /// Sets the type of the claims that the scopes are read from: the one of the
    /// [`JwtAuthLayer`](crate::JwtAuthLayer) above. Default: [`JsonClaims`].
    ///
    /// Does not change a layer of [`from_fn`](RequireLayer::from_fn), which uses the claims type of
    /// its closure.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::RequireLayer;
    ///
    /// struct MyClaims {
    ///     tenant: String,
    /// }
    ///
    /// let read = RequireLayer::all_scopes(["orders:read"])?.claims::<MyClaims>();
    /// # drop(read);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn claims<C2>(self) -> RequireLayer<C2, R> {
        let Self {
            requirement,
            only_for,
            rejection,
            ..
        } = self;
        RequireLayer {
            requirement,
            only_for,
            rejection,
            claims: PhantomData,
        }
    }

    /// Applies the requirement only to requests for these paths. Other requests pass. Default: all
    /// requests. Of several, one that matches is enough.
    ///
    /// This is meant for gRPC, whose methods are paths of one service. With a router, put the layer
    /// on the route instead: then no other spelling of the path can bypass it. Inside axum's
    /// `nest`, the path lacks the prefix of the nest: inside `nest("/admin", …)`, the requirement
    /// for `/admin/delete` never applies, so every request passes. Set
    /// [`predicate_uri`](crate::JwtAuthBuilder::predicate_uri) on the layer above to compare the
    /// whole path.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Paths, RequireLayer};
    ///
    /// let delete = RequireLayer::all_scopes(["orders:delete"])?
    ///     .only_for_paths(Paths::grpc_methods(["shop.Orders/Delete"])?);
    /// # drop(delete);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn only_for_paths(self, paths: Paths) -> Self {
        self.only_for(move |request| paths.contains(request.uri().path()))
    }

    /// Applies the requirement only to requests for which a predicate returns true. Other requests
    /// pass. With several predicates, one that returns true is enough. Default: all requests.
    ///
    /// Inside axum's `nest`, a predicate that compares whole paths never returns true, so every
    /// request passes: see [`only_for_paths`](Self::only_for_paths).
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Method;
    /// use tower_jwt_auth::RequireLayer;
    ///
    /// let write = RequireLayer::all_scopes(["orders:write"])?
    ///     .only_for(|request| request.method() != Method::GET);
    /// # drop(write);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn only_for(
        mut self,
        applies: impl Fn(&RequestParts<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.only_for = Some(match self.only_for.take() {
            Some(earlier) => {
                Arc::new(move |parts: &RequestParts<'_>| earlier(parts) || applies(parts))
            }
            None => Arc::new(applies),
        });
        self
    }

    /// Sets the [`RejectionResponse`](crate::RejectionResponse), which makes the responses to
    /// rejected requests. Default: [`Inherited`], the responses of the layer above.
    ///
    /// For a closure, use [`rejection_response_fn`](Self::rejection_response_fn).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ProblemDetails, RequireLayer};
    ///
    /// let read = RequireLayer::all_scopes(["orders:read"])?
    ///     .rejection_response(ProblemDetails::new());
    /// # drop(read);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn rejection_response<R2>(self, rejection: R2) -> RequireLayer<C, R2> {
        let Self {
            requirement,
            only_for,
            ..
        } = self;
        RequireLayer {
            requirement,
            only_for,
            rejection,
            claims: PhantomData,
        }
    }

    /// Sets a closure that makes the responses to rejected requests. See
    /// [`RejectionResponse`](crate::RejectionResponse).
    pub fn rejection_response_fn<F, ResBody>(self, rejection: F) -> RequireLayer<C, F>
    where
        F: Fn(&Error, &RequestParts<'_>) -> Response<ResBody> + Send + Sync + 'static,
    {
        self.rejection_response(rejection)
    }
}

impl<S, C, R: Clone> Layer<S> for RequireLayer<C, R> {
    type Service = Require<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Require::new(inner, self.clone())
    }
}

impl<C: Send + Sync + 'static, R> RequireLayer<C, R> {
    /// `parts` knows the layer above.
    pub(super) fn check<'l>(&'l self, parts: &RequestParts<'_>) -> Result<Passed<'l>, Failure> {
        let parts = &parts.for_predicates();
        if self
            .only_for
            .as_ref()
            .is_some_and(|applies| !applies(parts))
        {
            return Ok(Passed::Quietly);
        }
        self.requirement.check::<C>(parts)
    }

    /// Logs what a rejected request lacks, at debug.
    pub(super) fn log(&self, error: &Error, parts: &RequestParts<'_>) {
        self.requirement.log::<C>(error, parts);
    }

    pub(super) const fn rejection(&self) -> &R {
        &self.rejection
    }
}

// Written by hand: a derived impl would require `C: Clone`.
impl<C, R: Clone> Clone for RequireLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            requirement: Arc::clone(&self.requirement),
            only_for: self.only_for.clone(),
            rejection: self.rejection.clone(),
            claims: PhantomData,
        }
    }
}

/// Shows the scopes, the rule or the table of rules that it requires.
impl<C, R> fmt::Debug for RequireLayer<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireLayer")
            .field("requirement", &self.requirement)
            .finish_non_exhaustive()
    }
}
