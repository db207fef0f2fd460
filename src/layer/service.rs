//! The service that the layer makes.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use serde::de::DeserializeOwned;
use tower::Service;

use super::future::ResponseFuture;
use super::gate::{Decision, Gate};
use super::on_response::OnResponse;
use super::pending::add_to;
use super::ready::take_ready;
use super::rejections::{context, reject};
use crate::jwt::JsonClaims;
use crate::request::{AccessToken, LayerContext, LayerRejections, RequestParts};
use crate::response::{Challenge, RejectionResponse};

/// The service that [`JwtAuthLayer`](crate::JwtAuthLayer) makes.
///
/// Its readiness and its error are those of the inner service. It calls the same instance that was
/// polled ready, also after waiting for keys.
#[must_use]
pub struct JwtAuth<S, C = JsonClaims, R = Challenge> {
    inner: S,
    gate: Arc<Gate<C>>,
    rejections: Arc<LayerRejections<R>>,
}

impl<S, C, R> JwtAuth<S, C, R> {
    pub(super) const fn new(
        inner: S,
        gate: Arc<Gate<C>>,
        rejections: Arc<LayerRejections<R>>,
    ) -> Self {
        Self {
            inner,
            gate,
            rejections,
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
    R: RejectionResponse<ResBody>,
    ResBody: Default + 'static,
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
                kept,
            } => {
                let layer = self.context::<_, ResBody>(&request);
                request.extensions_mut().remove::<AccessToken>();
                let nonce = add_to(request.extensions_mut(), accepted, kept, layer);
                let on_response = OnResponse::new(needs_private, nonce);
                self.gate.strip(&mut request);
                ResponseFuture::inner(self.inner.call(request), on_response)
            }
            Decision::Pass => self.pass(request),
            Decision::Metadata(metadata) => {
                match metadata.respond_with(request.method(), request.headers()) {
                    Some(response) => {
                        drop(take_ready(&mut self.inner));
                        ResponseFuture::response(response)
                    }
                    // The type of the body is not known: a service below responds.
                    None => self.pass(request),
                }
            }
            Decision::Reject(error) => {
                // Not called, so dropped: this releases what it holds, such as a permit.
                drop(take_ready(&mut self.inner));
                let layer = self.context::<_, ResBody>(&request);
                ResponseFuture::response(reject(&self.rejections, &layer, error, &request))
            }
            Decision::Wait {
                pending,
                needs_private,
            } => {
                let ready = take_ready(&mut self.inner);
                let rejections = Arc::clone(&self.rejections);
                let on_response = OnResponse::new(needs_private, None);
                ResponseFuture::waiting(pending, ready, request, rejections, on_response)
            }
        }
    }
}

impl<S, C, R> JwtAuth<S, C, R> {
    /// Calls the inner service without claims.
    fn pass<ReqBody, ResBody>(
        &mut self,
        mut request: Request<ReqBody>,
    ) -> ResponseFuture<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        C: Send + Sync + 'static,
        R: RejectionResponse<ResBody>,
        ResBody: 'static,
    {
        let layer = self.context::<_, ResBody>(&request);
        self.gate.pass(&mut request, layer);
        ResponseFuture::inner(self.inner.call(request), OnResponse::NOTHING)
    }

    fn context<ReqBody, ResBody>(&self, request: &Request<ReqBody>) -> LayerContext
    where
        R: RejectionResponse<ResBody>,
        ResBody: 'static,
    {
        context(&self.rejections, request.headers())
    }
}

impl<S: Clone, C, R> Clone for JwtAuth<S, C, R> {
    fn clone(&self) -> Self {
        Self::new(
            self.inner.clone(),
            Arc::clone(&self.gate),
            Arc::clone(&self.rejections),
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
