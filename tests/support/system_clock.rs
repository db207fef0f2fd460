//! A layer, tokens and requests with the time of the system.

use http::Request;
use tower_jwt_auth::{Issuer, JwtAuthBuilder, JwtAuthLayer};

use super::{AUDIENCE, ISSUER, default_key, public_key};

/// Returns a layer whose key is available.
pub(crate) fn layer() -> JwtAuthLayer {
    builder().build().unwrap()
}

pub(crate) fn builder() -> JwtAuthBuilder {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
}

/// Returns a token that [`layer`] accepts.
pub(crate) fn token() -> String {
    default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .sign()
}

/// Returns a request with a body, and perhaps with a token.
pub(crate) fn request(token: Option<&str>) -> Request<String> {
    let mut request = Request::new("body".to_owned());
    if let Some(token) = token {
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}
