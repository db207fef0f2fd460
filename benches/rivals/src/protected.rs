//! The service that is protected: it looks whether the claims have come, and answers.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse as _;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use tower::Service;

/// Where a layer left the claims, and whether they are the right ones.
pub type Look = fn(&Request<Body>) -> bool;

/// 200 if the claims are there, else 500.
#[derive(Clone, Copy)]
pub struct Protected(pub Look);

impl Protected {
    pub fn answer(self, request: &Request<Body>) -> Response<Body> {
        answer((self.0)(request))
    }
}

impl Service<Request<Body>> for Protected {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}

pub fn answer(are_there: bool) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    if !are_there {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

/// The same as a route of axum's, at `/`.
pub fn router(look: Look) -> Router {
    let handler = async move |request: Request<Body>| answer(look(&request)).into_response();
    Router::new().route("/", get(handler))
}
