//! The credentials of a request that goes on.

use std::convert::Infallible;

use http::{HeaderMap, Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{AccessToken, JwtAuthLayer};

use crate::support::dpop::{bound, builder_with, dpop, post_with, presented, proof};
use crate::support::{block_on, token};

/// Returns the headers that reach the service, and the token that is left for it.
fn seen(layer: &JwtAuthLayer, request: Request<()>) -> (HeaderMap, Option<AccessToken>) {
    let inner = service_fn(|request: Request<()>| async move {
        let mut response = Response::new(String::new());
        let kept = request.extensions().get::<AccessToken>().cloned();
        response
            .extensions_mut()
            .insert((request.headers().clone(), kept));
        Ok::<_, Infallible>(response)
    });
    let mut response = block_on(layer.layer(inner).oneshot(request)).unwrap();
    response
        .extensions_mut()
        .remove()
        .expect("the service is reached")
}

fn request(token: &str) -> Request<()> {
    let mut request = presented(token, &proof(token).sign());
    request
        .headers_mut()
        .insert("x-other", "1".parse().unwrap());
    request
}

#[test]
fn a_request_is_unchanged_by_default() {
    let token = bound();
    let (headers, kept) = seen(&builder_with(dpop()).build().unwrap(), request(&token));
    assert_eq!(headers["authorization"], format!("DPoP {token}"));
    assert!(headers.contains_key("dpop") && kept.is_none());
}

#[test]
fn token_and_proof_are_removed_together() {
    let layer = builder_with(dpop()).strip_token().build().unwrap();
    let (headers, kept) = seen(&layer, request(&bound()));
    let names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["x-other"]);
    assert!(kept.is_none());
    // Also a stray proof beside a bearer token, or beside none.
    let bearer = format!("Bearer {}", token().sign());
    let (headers, _) = seen(
        &layer,
        post_with(&[("authorization", &bearer), ("dpop", "x")]),
    );
    assert!(headers.is_empty(), "{headers:?}");
    let optional = builder_with(dpop())
        .strip_token()
        .optional()
        .build()
        .unwrap();
    let (headers, _) = seen(&optional, post_with(&[("dpop", "x")]));
    assert!(headers.is_empty(), "{headers:?}");
}

#[test]
fn other_credentials_stay() {
    let layer = builder_with(dpop())
        .strip_token()
        .optional()
        .build()
        .unwrap();
    let (headers, _) = seen(&layer, post_with(&[("authorization", "Basic dTpw")]));
    assert_eq!(headers["authorization"], "Basic dTpw");
}

#[test]
fn the_token_that_is_kept_knows_its_scheme() {
    let layer = builder_with(dpop()).keep_token().build().unwrap();
    let token = bound();
    let (headers, kept) = seen(&layer, request(&token));
    assert!(!headers.contains_key("authorization") && !headers.contains_key("dpop"));
    let kept = kept.unwrap();
    assert_eq!((kept.scheme(), kept.as_str()), ("DPoP", &*token));
    assert_eq!(kept.authorization(), format!("DPoP {token}"));
    assert!(kept.authorization().is_sensitive());
    assert!(!format!("{kept:?}").contains(&token[..16]));
    let unbound = crate::support::token().sign();
    let bearer = format!("Bearer {unbound}");
    let (_, kept) = seen(&layer, post_with(&[("authorization", &bearer)]));
    let kept = kept.unwrap();
    assert_eq!((kept.scheme(), kept.as_str()), ("Bearer", &*unbound));
    assert_eq!(kept.authorization(), bearer);
}
