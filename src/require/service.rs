//! The service.

use std::fmt;
use std::mem;
use std::task::{Context, Poll};

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use tower::Service;

use super::future::RequireFuture;
use super::layer::RequireLayer;
use super::rule::Refusal;
use crate::head::RequestHead;
use crate::jwt::JsonClaims;
use crate::response::{Challenge, MakeResponse, STATUS, content_type as grpc_content_type};
use crate::service::refuse;
use crate::trace;

/// The service that [`RequireLayer`] makes.
pub struct Require<S, C = JsonClaims, R = Challenge> {
    inner: S,
    layer: RequireLayer<C, R>,
}

impl<S, C, R> Require<S, C, R> {
    pub(super) const fn new(inner: S, layer: RequireLayer<C, R>) -> Self {
        Self { inner, layer }
    }
}

impl<S, C, R, ReqBody, ResBody> Service<Request<ReqBody>> for Require<S, C, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    C: Send + Sync + 'static,
    R: MakeResponse<ResBody>,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let Err(refusal) = self.layer.judge(&RequestHead::from(&request)) else {
            return RequireFuture::inner(self.inner.call(request));
        };
        self.give_back();
        RequireFuture::refused(match refusal {
            Refusal::Because(error) => {
                trace::refused(&error);
                refuse(self.layer.responses(), error, &request)
            }
            Refusal::LayerMissing => server_mistake(&RequestHead::from(&request)),
        })
    }
}

impl<S: Clone, C, R> Require<S, C, R> {
    /// Gives back what the service took to be ready, a permit perhaps: it won't be called. A clone of it, which is not
    /// ready, takes its place.
    fn give_back(&mut self) {
        let clone = self.inner.clone();
        drop(mem::replace(&mut self.inner, clone));
    }
}

/// Not the caller's fault, so no challenge: 500, or for gRPC INTERNAL in a Trailers-Only response.
fn server_mistake<ResBody: Default>(head: &RequestHead<'_>) -> Response<ResBody> {
    let mut response = Response::new(ResBody::default());
    match grpc_content_type(head) {
        Some(content_type) => {
            response
                .headers_mut()
                .insert(CONTENT_TYPE, content_type.clone());
            response
                .headers_mut()
                .insert(STATUS, HeaderValue::from_static("13"));
        }
        None => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}

// By hand, because a derived one would ask for `C: Clone`.
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
