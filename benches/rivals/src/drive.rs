//! The driver, which is the same for every candidate. It creates a request, sets its header, polls
//! the service for readiness, calls it, and polls the future once. A pending future is a panic.

use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use tower::Service;

use crate::provider::{Provider, bearer, with_flipped_bit};

/// Sends a request with this header value.
pub type Driver = Box<dyn FnMut(&HeaderValue) -> StatusCode>;

pub fn drive<S, B>(mut service: S) -> Driver
where
    S: Service<Request<Body>, Response = Response<B>> + 'static,
    S::Error: Debug,
{
    Box::new(move |authorization| {
        let mut request = Request::new(Body::empty());
        request
            .headers_mut()
            .insert(AUTHORIZATION, authorization.clone());
        let mut context = Context::from_waker(Waker::noop());
        assert!(
            service.poll_ready(&mut context).is_ready(),
            "the service is not ready"
        );
        let Poll::Ready(response) = pin!(service.call(request)).poll(&mut context) else {
            panic!("the response is pending")
        };
        response.unwrap().status()
    })
}

/// Asserts that a candidate accepts a valid token and rejects one with an invalid signature.
pub fn assert_protects(name: &str, driver: &mut Driver, provider: &Provider) {
    let token = provider.token(0);
    assert_eq!(
        driver(&bearer(&token)),
        StatusCode::OK,
        "{name} rejects a valid token"
    );
    assert_eq!(
        driver(&bearer(&with_flipped_bit(&token))),
        StatusCode::UNAUTHORIZED,
        "{name} accepts an invalid signature"
    );
    assert_eq!(
        driver(&bearer(&token)),
        StatusCode::OK,
        "{name} rejects a valid token after an invalid one"
    );
}
