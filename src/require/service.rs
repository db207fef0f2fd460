//! The service that the layer makes.

use std::fmt;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::future::RequireFuture;
use super::layer::RequireLayer;
use super::requirement::{Failure, Passed};
use crate::jwt::{Claims, JsonClaims, layer_above};
use crate::layer::take_ready;
use crate::request::RequestParts;
use crate::response::{Inherited, RejectionResponse, internal_error, reject};
use crate::trace;

/// The service that [`RequireLayer`] makes.
#[must_use]
pub struct Require<S, C = JsonClaims, R = Inherited> {
    inner: S,
    layer: RequireLayer<C, R>,
}

impl<S, C, R> Require<S, C, R> {
    pub(super) const fn new(inner: S, layer: RequireLayer<C, R>) -> Self {
        Self { inner, layer }
    }

    /// Returns the inner service.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the inner service, mutably.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service, consuming this one.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, C, R, ReqBody, ResBody> Service<Request<ReqBody>> for Require<S, C, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    C: Send + Sync + 'static,
    R: RejectionResponse<ResBody>,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let parts = RequestParts::from(&request);
        let parts = parts.with_layer(layer_above::<C>(request.extensions()));
        let failure = match self.layer.check(&parts) {
            Ok(Passed::Quietly) => return RequireFuture::inner(self.inner.call(request)),
            Ok(Passed::With(scopes)) => {
                if let Some(claims) = request.extensions_mut().get_mut::<Claims<C>>() {
                    claims.add_required(&scopes);
                }
                return RequireFuture::inner(self.inner.call(request));
            }
            Err(failure) => failure,
        };
        // Not called, so dropped: this releases what it holds, such as a permit.
        drop(take_ready(&mut self.inner));
        RequireFuture::rejected(match failure {
            Failure::Rejected(error) => {
                trace::rejected(&error);
                if let Some(layer) = parts.layer() {
                    layer.tell_rejection(&error);
                }
                self.layer.log(&error, &parts);
                reject(self.layer.rejection(), error, &parts)
            }
            Failure::LayerMissing => internal_error(&parts),
        })
    }
}

impl<S: Clone, C, R: Clone> Clone for Require<S, C, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S: fmt::Debug, C, R> fmt::Debug for Require<S, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Require")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
