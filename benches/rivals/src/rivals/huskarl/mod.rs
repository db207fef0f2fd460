//! huskarl-resource-server's validator for tokens other than RFC 9068's, with keys fetched from an
//! in-memory HTTP client. The validator is called directly, which is less work than its adapter for
//! axum.
//!
//! Its own signatures are pure Rust. It has a trait for other implementations, but none is
//! published. The second entry uses an implementation by aws-lc-rs from this crate, which separates
//! the cost of the validator from that of its signatures.

mod aws_lc;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::routing::get;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use huskarl_resource_server::DefaultJwsVerifierPlatform;
use huskarl_resource_server::core::Error;
use huskarl_resource_server::core::crypto::verifier::JwsVerifierPlatform;
use huskarl_resource_server::core::http::{HttpClient, HttpResponse, Idempotency};
use huskarl_resource_server::core::platform::MaybeSendBoxFuture;
use huskarl_resource_server::validator::custom::CustomValidator;
use tower_jwt_auth::Algorithm;

use super::{Reason, Rival, ready_output};
use crate::drive::{Driver, drive};
use crate::protected::respond;
use crate::provider::{AUDIENCE, ISSUER, MyClaims, Provider};

pub(super) const RIVAL: Rival = Rival {
    name: "huskarl-resource-server",
    signatures: "pure Rust",
    driver: |provider| driver(provider, DefaultJwsVerifierPlatform::default().into()),
    router: Some(server),
};

pub(super) const WITH_AWS_LC: Rival = Rival {
    name: "huskarl-resource-server",
    signatures: "aws-lc-rs by us",
    driver: |provider| driver(provider, Arc::new(aws_lc::Platform)),
    router: None,
};

type Validator = Arc<CustomValidator<MyClaims>>;

fn driver(provider: &Provider, platform: Arc<dyn JwsVerifierPlatform>) -> Result<Driver, Reason> {
    if provider.algorithm == Algorithm::HS256 {
        return Err("it supports public keys only");
    }
    let validator = validator(provider, platform);
    let validate = move |request: Request<Body>| {
        let validator = Arc::clone(&validator);
        async move { Ok::<_, Infallible>(validate(&validator, &request.into_parts().0).await) }
    };
    Ok(drive(tower::service_fn(validate)))
}

fn server(provider: &Provider) -> Router {
    let validator = validator(provider, DefaultJwsVerifierPlatform::default().into());
    let handler =
        async |State(validator): State<Validator>, parts: Parts| validate(&validator, &parts).await;
    Router::new().route("/", get(handler)).with_state(validator)
}

fn validator(provider: &Provider, platform: Arc<dyn JwsVerifierPlatform>) -> Validator {
    let validator = CustomValidator::builder()
        .with_claims::<MyClaims>()
        .authorization_server(ISSUER)
        .iss(ISSUER)
        .aud(AUDIENCE)
        .jwks_uri("https://issuer.example/jwks.json".parse().unwrap())
        .jwks_source(Published(provider.jwks()))
        .jws_verifier_platform(platform);
    Arc::new(ready_output(validator.build()).unwrap())
}

async fn validate(validator: &CustomValidator<MyClaims>, parts: &Parts) -> Response<Body> {
    let result = validator
        .validate_request(&parts.headers, &parts.method, &parts.uri, None)
        .await;
    match result.outcome {
        Ok(Some(validated)) => respond(validated.claims.are_expected()),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// An HTTP client that responds to every request with this JWK set.
struct Published(String);

impl HttpClient for Published {
    fn execute(
        &self,
        _: Request<Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, Result<HttpResponse, Error>> {
        let body = Bytes::from(self.0.clone());
        Box::pin(async {
            Ok(HttpResponse {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body,
            })
        })
    }
}
