//! Requests, the inner service, and the cheapest layer to compare with.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, Response};
use tower::Service;
use tower_jwt_auth::Claims;

use super::tokens::MyClaims;

/// The inner service, which reads the claims.
#[derive(Clone)]
pub(crate) struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request.extensions().get::<Claims<MyClaims>>());
        ready(Ok(Response::new(())))
    }
}

/// The least work of an authenticating layer: it reads the header and inserts an `Arc`.
#[derive(Clone)]
pub(crate) struct Floor(pub(crate) Inner, pub(crate) Arc<CachePadded>);

/// A counter on a cache line of its own, so that threads do not slow each other down by false
/// sharing.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct CachePadded(usize);

impl Service<Request<()>> for Floor {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<()>) -> Self::Future {
        black_box(request.headers().get(http::header::AUTHORIZATION));
        request.extensions_mut().insert(Arc::clone(&self.1));
        self.0.call(request)
    }
}

/// Returns a closure that sends a request with the next of the header values in rotation, and
/// requires success.
pub(crate) fn send<S>(mut service: S, values: Vec<HeaderValue>) -> impl FnMut()
where
    S: Service<Request<()>, Response = Response<()>>,
{
    let mut next = CachePadded(0);
    move || {
        // Captures the whole struct: the field alone would lose its alignment.
        let next = &mut next;
        let response = exchange(&mut service, &values[next.0]);
        next.0 = (next.0 + 1) % values.len();
        assert!(response.status().is_success());
    }
}

/// Returns a closure that sends a request with the header value, and requires a 4xx response.
pub(crate) fn send_rejected<S>(mut service: S, value: HeaderValue) -> impl FnMut()
where
    S: Service<Request<()>, Response = Response<()>>,
{
    move || assert!(exchange(&mut service, &value).status().is_client_error())
}

/// Sends a request, which must be answered in one poll.
#[inline]
pub(crate) fn exchange<S>(service: &mut S, value: &HeaderValue) -> Response<()>
where
    S: Service<Request<()>, Response = Response<()>>,
{
    let mut context = Context::from_waker(Waker::noop());
    let mut response = std::pin::pin!(service.call(request(value)));
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else {
        panic!("the response is pending")
    };
    response
}

#[inline]
pub(crate) fn request(value: &HeaderValue) -> Request<()> {
    let mut request = Request::new(());
    request
        .headers_mut()
        .insert(http::header::AUTHORIZATION, value.clone());
    request
}
