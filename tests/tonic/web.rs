//! gRPC-Web: the same status, in headers, under the content type of the request.

use http::{Request, Response, StatusCode};
use http_body::Body as _;
use tonic::body::Body;
use tonic::service::Routes;
use tonic_types::StatusExt as _;
use tower::{Layer as _, ServiceExt as _};
use tower_jwt_auth::tonic::DetailedStatus;

use crate::greeter::Greeter;
use crate::support::builder;

const CONTENT_TYPES: [&str; 5] = [
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/grpc-web-text+proto",
    "application/grpc-web+json",
];

async fn refusal(content_type: &str) -> Response<Body> {
    let layer = builder().response(DetailedStatus::new("api.example")).build().unwrap();
    let request = Request::post("/demo.Greeter/Hello").header("content-type", content_type);
    let routes = Routes::new(Greeter).into_axum_router();
    let response = layer.layer(routes).oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    response.map(Body::new)
}

#[tokio::test]
async fn a_refusal_is_trailers_only_under_the_content_type_of_the_request() {
    for content_type in CONTENT_TYPES {
        let response = refusal(content_type).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], content_type);
        assert_eq!(response.headers()["grpc-status"], "16");
        assert_eq!(response.headers()["grpc-message"], "no access token was given");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert!(response.body().is_end_stream(), "no body, so nothing to be in Base64");
        let status = tonic::Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.get_details_error_info().unwrap().reason, "MISSING_TOKEN");
    }
}
