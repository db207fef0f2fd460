//! A call without claims is rejected by `request.claims()` as the layer would.

use tonic::Code;
use tonic_types::StatusExt as _;
use tower_jwt_auth::Paths;
use tower_jwt_auth::tonic::DetailedStatus;

use crate::support::tokio;
use crate::tonic::support::{builder, greeter};

#[tokio::test]
async fn a_missing_token_has_the_realm_of_the_layer() {
    let optional = builder().optional().realm("shop").build().unwrap();
    let status = greeter!(optional).hello().await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let metadata = status.metadata();
    assert_eq!(
        metadata.get("www-authenticate").unwrap(),
        "Bearer realm=\"shop\""
    );
}

#[tokio::test]
async fn a_missing_token_has_the_details_of_the_layer() {
    let detailed = builder()
        .optional()
        .rejection_response(DetailedStatus::new("api.example"))
        .build()
        .unwrap();
    let status = greeter!(detailed).hello().await.unwrap_err();
    let info = status.get_details_error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("MISSING_TOKEN", "api.example")
    );
    assert_eq!(status.message(), "the request has no verified access token");
}

// A `tonic::Request` has no path, and is a gRPC call whatever its path was.
#[tokio::test]
async fn a_missing_token_has_the_details_of_a_layer_that_answers_some_paths_or_none() {
    let builder = || {
        let details = DetailedStatus::new("api.example");
        builder().optional().rejection_response(details)
    };
    let own_path = Paths::grpc_methods(["test.Greeter/Hello"]).unwrap();
    for builder in [
        builder().grpc_paths(own_path),
        builder().grpc_paths(Paths::grpc_methods(["other.Service"]).unwrap()),
        builder().grpc_responses(false),
    ] {
        let status = greeter!(builder.build().unwrap())
            .hello()
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        let info = status.get_details_error_info().expect("details");
        assert_eq!(info.reason, "MISSING_TOKEN");
        assert_eq!(status.metadata().get("www-authenticate").unwrap(), "Bearer");
    }
}
