//! The service that the layer makes.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use serde::de::DeserializeOwned;
use tower::Service;

use super::future::ResponseFuture;
use super::gate::{Decision, Gate, add_to};
use super::ready::take_ready;
use crate::jwt::{JsonClaims, remove_claims};
use crate::request::RequestParts;
use crate::response::{Challenge, RejectionResponse, reject};
use crate::trace;

/// The service that [`JwtAuthLayer`](crate::JwtAuthLayer) makes.
///
/// Its readiness and its error are those of the inner service. It calls the same instance that was
/// polled ready, also after waiting for keys.
#[must_use]
pub struct JwtAuth<S, C = JsonClaims, R = Challenge> {
    inner: S,
    gate: Arc<Gate<C>>,
    rejection: R,
}

impl<S, C, R> JwtAuth<S, C, R> {
    pub(super) const fn new(inner: S, gate: Arc<Gate<C>>, rejection: R) -> Self {
        Self {
            inner,
            gate,
            rejection,
        }
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

impl<S, C, R, ReqBody, ResBody> Service<Request<ReqBody>> for JwtAuth<S, C, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    C: DeserializeOwned + Send + Sync + 'static,
    R: RejectionResponse<ResBody> + Clone,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S, ReqBody, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.gate.decide(&RequestParts::from(&request)) {
            Decision::Accept {
                accepted,
                needs_private,
            } => {
                add_to(request.extensions_mut(), accepted);
                ResponseFuture::inner(self.inner.call(request), needs_private)
            }
            Decision::Pass => {
                remove_claims::<C>(request.extensions_mut());
                ResponseFuture::inner(self.inner.call(request), false)
            }
            Decision::Reject(error) => {
                // Not called, so dropped: this releases what it holds, such as a permit.
                drop(take_ready(&mut self.inner));
                trace::rejected(&error);
                ResponseFuture::rejected(reject(&self.rejection, error, &request))
            }
            Decision::Wait {
                pending,
                needs_private,
            } => {
                let ready = take_ready(&mut self.inner);
                ResponseFuture::waiting(
                    pending,
                    ready,
                    request,
                    self.rejection.clone(),
                    needs_private,
                )
            }
        }
    }
}

impl<S: Clone, C, R: Clone> Clone for JwtAuth<S, C, R> {
    fn clone(&self) -> Self {
        Self::new(
            self.inner.clone(),
            Arc::clone(&self.gate),
            self.rejection.clone(),
        )
    }
}

impl<S: fmt::Debug, C, R> fmt::Debug for JwtAuth<S, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuth")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
