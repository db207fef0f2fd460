//! The future of a response.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use super::on_response::OnResponse;
use super::pending::{Additions, PendingRequest};
use super::rejections::{context, reject};
use crate::error::Error;
use crate::request::{AccessToken, LayerContext, LayerRejections, RequestParts, remove_tokens};
use crate::response::RejectionResponse;

pin_project! {
    /// The response future of [`JwtAuth`](crate::JwtAuth).
    ///
    /// Resolves to the response of the inner service, or to one of the layer: a rejection, or the
    /// metadata of the resource. While it waits for keys or for a check, it holds the request and
    /// the service that was polled ready; dropping it drops both.
    ///
    /// # Panics
    ///
    /// If it is polled after it has resolved to a response of the layer, or after a panic. Polled
    /// after the response of the inner service, it polls the inner future again.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, ReqBody, R>,
        on_response: OnResponse,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, ReqBody, R>
    where
        S: Service<Request<ReqBody>>,
    {
        Inner { #[pin] future: S::Future },
        // None once it has resolved.
        Response { response: Option<S::Response> },
        // None only while it is polled, and after a panic.
        Waiting { waiting: Option<Box<Waiting<S, ReqBody, R>>> },
    }
}

/// A waiting request. Boxed, so that the futures of other requests do not reserve the space.
struct Waiting<S, ReqBody, R> {
    pending: Box<dyn PendingRequest>,
    /// The service that was polled ready: the one to call.
    service: S,
    request: Request<ReqBody>,
    rejections: Arc<LayerRejections<R>>,
}

impl<S, ReqBody, R> Waiting<S, ReqBody, R> {
    fn poll(
        &mut self,
        layer: &LayerContext,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Additions, Error>> {
        let parts = RequestParts::from(&self.request);
        self.pending.poll(&parts, layer, cx)
    }
}

impl<S, ReqBody, R> ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>>,
{
    pub(super) const fn inner(future: S::Future, on_response: OnResponse) -> Self {
        Self {
            state: State::Inner { future },
            on_response,
        }
    }

    pub(super) const fn response(response: S::Response) -> Self {
        Self {
            state: State::Response {
                response: Some(response),
            },
            on_response: OnResponse::NOTHING,
        }
    }

    pub(super) fn waiting(
        pending: Box<dyn PendingRequest>,
        service: S,
        request: Request<ReqBody>,
        rejections: Arc<LayerRejections<R>>,
        on_response: OnResponse,
    ) -> Self {
        let waiting = Some(Box::new(Waiting {
            pending,
            service,
            request,
            rejections,
        }));
        Self {
            state: State::Waiting { waiting },
            on_response,
        }
    }
}

impl<S, ReqBody, R, ResBody> Future for ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: RejectionResponse<ResBody>,
    ResBody: 'static,
{
    type Output = Result<Response<ResBody>, S::Error>;

    #[expect(
        clippy::expect_used,
        reason = "polling a resolved future is a bug of the caller"
    )]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future } if this.on_response.is_nothing() => {
                    return future.poll(cx);
                }
                StateProjection::Inner { future } => {
                    let response = future.poll(cx);
                    return response.map_ok(|response| this.on_response.apply(response));
                }
                StateProjection::Response { response } => {
                    let response = response
                        .take()
                        .expect("`ResponseFuture` polled after completion");
                    return Poll::Ready(Ok(response));
                }
                StateProjection::Waiting { waiting } => {
                    ready!(poll_waiting(waiting, this.on_response, cx))
                }
            };
            this.state.set(next);
        }
    }
}

/// Polls the claims. Returns the next state: the call of the inner service, or the rejection.
fn poll_waiting<S, ReqBody, R, ResBody>(
    waiting_request: &mut Option<Box<Waiting<S, ReqBody, R>>>,
    on_response: &mut OnResponse,
    cx: &mut Context<'_>,
) -> Poll<State<S, ReqBody, R>>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: RejectionResponse<ResBody>,
    ResBody: 'static,
{
    #[expect(
        clippy::expect_used,
        reason = "taken only below, where it is put back or the state is replaced"
    )]
    let mut waiting = waiting_request
        .take()
        .expect("`ResponseFuture` polled after a panic");
    let layer = context(&waiting.rejections, waiting.request.headers());
    let outcome = match waiting.poll(&layer, cx) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => {
            *waiting_request = Some(waiting);
            return Poll::Pending;
        }
    };
    let Waiting {
        pending,
        mut service,
        mut request,
        rejections,
    } = *waiting;
    Poll::Ready(match outcome {
        Ok(additions) => {
            on_response.set_nonce(additions.nonce);
            request.extensions_mut().remove::<AccessToken>();
            request.extensions_mut().extend(additions.extensions);
            remove_tokens(pending.stripped(), &mut request);
            State::Inner {
                future: service.call(request),
            }
        }
        Err(error) => State::Response {
            response: Some(reject(&rejections, &layer, error, &request)),
        },
    })
}

impl<S, ReqBody, R> fmt::Debug for ResponseFuture<S, ReqBody, R>
where
    S: Service<Request<ReqBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
