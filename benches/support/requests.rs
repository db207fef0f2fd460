//! Requests, the service that they are for, and the least that a layer before it does.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, Response};
use tower::Service;
use tower_jwt_auth::Claims;

use super::tokens::MyClaims;

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

/// The least that an authenticating layer does.
#[derive(Clone)]
pub(crate) struct Floor(pub(crate) Inner, pub(crate) Arc<Apart>);

/// A number that is far from what other threads write to.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Apart(usize);

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

/// Sends a request with each of the headers in turn, and asks for success.
pub(crate) fn send<S>(mut service: S, values: Vec<HeaderValue>) -> impl FnMut()
where
    S: Service<Request<()>, Response = Response<()>>,
{
    let mut next = Apart(0);
    move || {
        // All of it, or the closure would take the number alone, wherever that is.
        let next = &mut next;
        let response = exchange(&mut service, &values[next.0]);
        next.0 = (next.0 + 1) % values.len();
        assert!(response.status().is_success());
    }
}

/// Sends a request with that header, and asks for a refusal.
pub(crate) fn send_refused<S>(mut service: S, value: HeaderValue) -> impl FnMut()
where
    S: Service<Request<()>, Response = Response<()>>,
{
    move || assert!(exchange(&mut service, &value).status().is_client_error())
}

/// One request, answered without waiting.
#[inline]
pub(crate) fn exchange<S>(service: &mut S, value: &HeaderValue) -> Response<()>
where
    S: Service<Request<()>, Response = Response<()>>,
{
    let mut context = Context::from_waker(Waker::noop());
    let mut response = std::pin::pin!(service.call(request(value)));
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else {
        panic!("it waits")
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
