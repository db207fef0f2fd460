//! The endpoint as a service.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::Service;

use super::BackChannelLogout;
use super::form;
use super::response::{self, LogoutResponse};
use crate::trace;
use crate::verify::LogoutVerifier;

/// The future of [`BackChannelLogout`].
#[must_use = "futures do nothing unless polled"]
pub struct BackChannelLogoutFuture(Pin<Box<dyn Future<Output = LogoutResponse> + Send>>);

impl<B> Service<Request<B>> for BackChannelLogout
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = BackChannelLogoutFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let verifier = self.verifier.clone();
        BackChannelLogoutFuture(Box::pin(respond(verifier, request)))
    }
}

async fn respond<B>(verifier: LogoutVerifier, request: Request<B>) -> LogoutResponse
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return response::wrong_method();
    }
    let token = match form::read(&parts.headers, body).await {
        Ok(token) => token,
        Err(reason) => return response::no_token(reason),
    };
    match verifier.log_out(&token).await {
        Ok(()) => response::logged_out(),
        Err(error) => {
            trace::logout_rejected(&error);
            response::rejected(&error)
        }
    }
}

impl Future for BackChannelLogoutFuture {
    type Output = Result<LogoutResponse, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for BackChannelLogoutFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackChannelLogoutFuture")
            .finish_non_exhaustive()
    }
}
