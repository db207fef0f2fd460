//! The protected service, which checks the claims and responds.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse as _;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use tower::Service;

/// Returns whether the request carries the expected claims, where a layer leaves them.
pub type ClaimsCheck = fn(&Request<Body>) -> bool;

/// Responds with 200 if the claims are the expected ones, else with 500.
#[derive(Clone, Copy)]
pub struct Protected(pub ClaimsCheck);

impl Protected {
    pub fn respond(self, request: &Request<Body>) -> Response<Body> {
        respond((self.0)(request))
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
        ready(Ok(self.respond(&request)))
    }
}

/// Returns the response of the service.
pub fn respond(are_expected: bool) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    if !are_expected {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

/// Returns the service as a route of axum at `/`.
pub fn router(check: ClaimsCheck) -> Router {
    let handler = async move |request: Request<Body>| respond(check(&request)).into_response();
    Router::new().route("/", get(handler))
}
