//! jwt-authorizer's layer, with a JWK set as text. Its responses are those of axum 0.7, and so are
//! those of the inner service.

use std::convert::Infallible;
use std::future::ready;

use ::jwt_authorizer::{Authorizer, IntoLayer as _, JwtAuthorizer, Validation};
use axum::body::Body;
use axum_07::response::Response;
use http::{Request, StatusCode};
use jsonwebtoken_09::TokenData;
use tower::Layer as _;

use super::{Rival, ready_output};
use crate::drive::{Driver, drive};
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "jwt-authorizer",
    signatures: "ring",
    driver: |provider| Ok(driver(provider)),
    router: None,
};

fn driver(provider: &Provider) -> Driver {
    let validation = Validation::new().iss(&[ISSUER]).aud(&[AUDIENCE]);
    let authorizer =
        JwtAuthorizer::<MyClaims>::from_jwks_text(&provider.jwks()).validation(validation);
    let authorizer: Authorizer<MyClaims> = ready_output(authorizer.build()).unwrap();
    let protected = |request: Request<Body>| ready(Ok::<_, Infallible>(respond(&request)));
    drive(authorizer.into_layer().layer(tower::service_fn(protected)))
}

fn respond(request: &Request<Body>) -> Response {
    let token = request.extensions().get::<TokenData<MyClaims>>();
    let mut response = Response::new(axum_07::body::Body::empty());
    if !token.is_some_and(|token| token.claims.are_expected()) {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}
