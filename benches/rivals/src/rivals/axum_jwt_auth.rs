//! axum-jwt-auth's extractor with its `LocalDecoder`. It enables the pure-Rust signatures of
//! jsonwebtoken 10. Applications can enable and install the faster ones of aws-lc-rs, as here.

use std::convert::Infallible;
use std::sync::Arc;

use ::axum_jwt_auth::{Claims, Decoder, LocalDecoder};
use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::response::IntoResponse as _;
use axum::routing::get;
use http::Request;
use jsonwebtoken_10::crypto::aws_lc;
use jsonwebtoken_10::jwk::JwkSet;
use jsonwebtoken_10::{Algorithm, DecodingKey, Validation};

use super::Rival;
use crate::drive::{Driver, drive};
use crate::protected::respond;
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "axum-jwt-auth",
    signatures: "aws-lc-rs",
    driver: |provider| Ok(driver(provider)),
    router: Some(server),
};

fn driver(provider: &Provider) -> Driver {
    let decoder = decoder(provider);
    let extract = move |request: Request<Body>| {
        let decoder = Arc::clone(&decoder);
        async move {
            let (mut parts, _) = request.into_parts();
            Ok::<_, Infallible>(
                match Claims::from_request_parts(&mut parts, &decoder).await {
                    Ok(Claims::<MyClaims> { claims, .. }) => respond(claims.are_expected()),
                    Err(rejection) => rejection.into_response(),
                },
            )
        }
    };
    drive(tower::service_fn(extract))
}

fn server(provider: &Provider) -> Router {
    let handler = async |user: Claims<MyClaims>| respond(user.claims.are_expected());
    Router::new()
        .route("/", get(handler))
        .with_state(decoder(provider))
}

fn decoder(provider: &Provider) -> Decoder<MyClaims> {
    // Fails from the second call on, when a provider is installed already.
    let _ = aws_lc::DEFAULT_PROVIDER.install_default();
    let set: JwkSet = serde_json::from_str(&provider.jwks()).unwrap();
    let mut validation = Validation::new(provider.algorithm.name().parse::<Algorithm>().unwrap());
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    let key = DecodingKey::from_jwk(&set.keys[0]).unwrap();
    Arc::new(
        LocalDecoder::builder()
            .keys(vec![key])
            .validation(validation)
            .build()
            .unwrap(),
    )
}
