//! The service.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use serde::de::DeserializeOwned;
use tower::Service;

use crate::future::ResponseFuture;
use crate::guard::{Guard, Unauthenticated, Verdict};
use crate::head::RequestHead;
use crate::jwt::JsonClaims;
use crate::response::{Challenge, MakeResponse};
use crate::trace;

/// The service that [`JwtAuthLayer`](crate::JwtAuthLayer) makes.
pub struct JwtAuth<S, C = JsonClaims, R = Challenge> {
    pub(crate) inner: S,
    pub(crate) guard: Arc<Guard<C>>,
    pub(crate) response: R,
}

impl<S, C, R, ReqBody, ResBody> Service<Request<ReqBody>> for JwtAuth<S, C, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    C: DeserializeOwned + Send + Sync + 'static,
    R: MakeResponse<ResBody> + Clone,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S, ReqBody, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.guard.judge(&RequestHead::from(&request)) {
            Verdict::Accept { claims, private } => {
                request.extensions_mut().insert(claims);
                ResponseFuture::inner(self.inner.call(request), private)
            }
            Verdict::Pass => {
                request.extensions_mut().insert(Unauthenticated);
                ResponseFuture::inner(self.inner.call(request), false)
            }
            Verdict::Refuse(error) => {
                // Gives back what the service took to be ready, a permit perhaps: it won't be called.
                drop(self.take_ready());
                trace::refused(&error);
                ResponseFuture::refused(refuse(&self.response, error, &request))
            }
            Verdict::Wait { pending, private } => ResponseFuture::waiting(
                pending,
                self.take_ready(),
                request,
                self.response.clone(),
                private,
            ),
        }
    }
}

impl<S: Clone, C, R> JwtAuth<S, C, R> {
    /// The service that was polled ready; a clone of it, which is not, takes its place. To call the clone instead
    /// would break the contract of `Service`: under `ConcurrencyLimit` it panics.
    fn take_ready(&mut self) -> S {
        let clone = self.inner.clone();
        mem::replace(&mut self.inner, clone)
    }
}

/// The response to a refused request, with the error in its extensions.
pub(crate) fn refuse<R, ReqBody, ResBody>(
    maker: &R,
    error: crate::Error,
    request: &Request<ReqBody>,
) -> Response<ResBody>
where
    R: MakeResponse<ResBody>,
{
    let mut response = maker.make_response(&error, &RequestHead::from(request));
    response.extensions_mut().insert(error);
    response
}

impl<S: Clone, C, R: Clone> Clone for JwtAuth<S, C, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            guard: Arc::clone(&self.guard),
            response: self.response.clone(),
        }
    }
}

impl<S: fmt::Debug, C, R> fmt::Debug for JwtAuth<S, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuth")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
