//! How each candidate is driven, all in the same way: a request is made, its header set, the service asked whether it is ready
//! and called, and its future polled once, in place. One that waits for anything panics.

use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use tower::Service;

use crate::provider::{Provider, bearer, flipped};

/// Sends a request with this header.
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
            "it is not ready"
        );
        let Poll::Ready(response) = pin!(service.call(request)).poll(&mut context) else {
            panic!("it waits")
        };
        response.unwrap().status()
    })
}

/// A comparison with one that lets everything in would mean nothing.
pub fn assert_protects(name: &str, driver: &mut Driver, provider: &Provider) {
    let token = provider.token(0);
    assert_eq!(
        driver(&bearer(&token)),
        StatusCode::OK,
        "{name} refuses a good token"
    );
    assert_eq!(
        driver(&bearer(&flipped(&token))),
        StatusCode::UNAUTHORIZED,
        "{name} takes a bad signature"
    );
    assert_eq!(
        driver(&bearer(&token)),
        StatusCode::OK,
        "{name} remembers the bad signature"
    );
}
