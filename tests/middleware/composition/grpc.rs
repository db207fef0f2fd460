//! Required scopes and rate limits by caller, as gRPC clients see them.

use std::time::Duration;

use http::{Request, Response, StatusCode};
use tonic::body::Body;
use tonic::service::{LayerExt as _, Routes};
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use tower::{Layer as _, ServiceExt as _};
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{ClaimsKeyExtractor, Issuer, JsonClaims, JwtAuthLayer, RequireLayer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

type Extractor = ClaimsKeyExtractor<JsonClaims>;

fn health() -> HealthServer<HealthService> {
    HealthServer::new(HealthService::from_health_reporter(HealthReporter::new()))
}

fn optional_layer() -> JwtAuthLayer {
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .optional()
        .build()
        .unwrap()
}

fn token() -> TokenBuilder {
    default_key().token().issuer(ISSUER).audience(AUDIENCE)
}

/// Returns a request of the health service: an empty message in one frame.
fn call(method: &str, token: Option<&TokenBuilder>) -> Request<Body> {
    let mut request = Request::post(format!("/grpc.health.v1.Health/{method}"))
        .version(http::Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {}", token.sign()));
    }
    request
        .body(Body::new(http_body_util::Full::from(&[0_u8; 5][..])))
        .unwrap()
}

/// Returns the `grpc-status` in the headers. It is `None` if the call reached the method, which
/// sends its status in the trailers.
#[track_caller]
fn status(response: &Response<Body>) -> Option<&str> {
    assert_eq!(
        (response.status(), &response.headers()["content-type"]),
        (StatusCode::OK, &"application/grpc".parse().unwrap())
    );
    response
        .headers()
        .get("grpc-status")
        .map(|status| status.to_str().unwrap())
}

#[tokio::test]
async fn a_tonic_service_can_require_scopes_by_method() {
    let watch = RequireLayer::all_scopes(["health:watch"])
        .unwrap()
        .only_for(|request| request.uri().path() == "/grpc.health.v1.Health/Watch");
    let service = optional_layer().layer(Routes::new(watch.named_layer(health())));
    for (method, token, expected) in [
        ("Check", token().scope("health"), None),
        ("Watch", token().scope("health"), Some("7")),
        ("Watch", token().scope("health:watch"), None),
    ] {
        let response = service
            .clone()
            .oneshot(call(method, Some(&token)))
            .await
            .unwrap();
        assert_eq!(status(&response), expected, "{method}");
    }
    let response = service.oneshot(call("Watch", None)).await.unwrap();
    assert_eq!(
        (status(&response), &response.headers()["www-authenticate"]),
        (Some("16"), &"Bearer".parse().unwrap())
    );
}

#[tokio::test]
async fn a_rate_limited_caller_gets_a_grpc_status() {
    let once = GovernorConfigBuilder::default()
        .period(Duration::from_secs(60 * 60))
        .burst_size(1)
        .key_extractor(Extractor::subject())
        .finish();
    let limit = GovernorLayer::new(once.unwrap());
    let service = optional_layer().layer(limit.layer(Routes::new(health())));
    let (alice, anonymous) = (token().subject("alice"), token().without_claim("sub"));
    for (token, expected) in [
        (Some(&alice), None),
        (Some(&alice), Some("8")),
        (None, Some("16")),
        (Some(&anonymous), Some("16")),
    ] {
        let response = service.clone().oneshot(call("Check", token)).await.unwrap();
        assert_eq!(status(&response), expected);
    }
    let without = limit.layer(Routes::new(health()));
    assert_eq!(
        status(&without.oneshot(call("Check", None)).await.unwrap()),
        Some("13")
    );
}
