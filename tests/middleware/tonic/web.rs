//! gRPC-Web: the same status, in the headers, with the content type of the request.

use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body as _;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::service::Routes;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;
use tonic_web::{GrpcWebClientLayer, GrpcWebLayer};
use tower::{Layer as _, ServiceExt as _};
use tower_jwt_auth::tonic::DetailedStatus;

use crate::support::tokio;
use crate::tonic::greeter::Greeter;
use crate::tonic::support::{builder, layer, token};

const CONTENT_TYPES: [&str; 5] = [
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/grpc-web-text+proto",
    "application/grpc-web+json",
];

async fn rejection(content_type: &str) -> Response<Body> {
    let layer = builder()
        .rejection_response(DetailedStatus::new("api.example"))
        .build()
        .unwrap();
    let request = Request::post("/demo.Greeter/Hello").header("content-type", content_type);
    let routes = Routes::new(Greeter).into_axum_router();
    let response = layer
        .layer(routes)
        .oneshot(request.body(axum::body::Body::empty()).unwrap())
        .await
        .unwrap();
    response.map(Body::new)
}

#[tokio::test]
async fn a_rejection_is_trailers_only_with_the_content_type_of_the_request() {
    for content_type in CONTENT_TYPES {
        let response = rejection(content_type).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], content_type);
        assert_eq!(response.headers()["grpc-status"], "16");
        assert_eq!(
            response.headers()["grpc-message"],
            "the request has no verified access token"
        );
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert!(
            response.body().is_end_stream(),
            "there is no body to encode in Base64"
        );
        let status = Status::from_header_map(response.headers()).unwrap();
        assert_eq!(
            status.get_details_error_info().unwrap().reason,
            "MISSING_TOKEN"
        );
    }
}

/// Calls `demo.Greeter/Hello` of this app with gRPC-Web.
async fn hello(app: axum::Router, token: Option<String>) -> Result<String, Status> {
    let app = app.map_request(|request: Request<_>| request.map(axum::body::Body::new));
    let mut client = Grpc::with_origin(
        GrpcWebClientLayer::new().layer(app),
        Uri::from_static("http://server.example"),
    );
    let mut request = tonic::Request::new(String::new());
    if let Some(token) = token {
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/demo.Greeter/Hello");
    client
        .unary(request, path, ProstCodec::<String, String>::default())
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_grpc_web_client_reads_the_status_of_a_layer_outside_the_translation() {
    let app = Routes::new(Greeter).into_axum_router();
    let app = app.layer(GrpcWebLayer::new()).layer(layer());
    let status = hello(app.clone(), None).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::Unauthenticated,
            "the request has no verified access token"
        )
    );
    assert_eq!(status.metadata().get("www-authenticate").unwrap(), "Bearer");
    assert_eq!(
        hello(app, Some(token().sign())).await.unwrap(),
        "hello alice"
    );
}

// Over HTTP/1.1, which the client of this test uses, the translated request is not one of gRPC.
#[tokio::test]
async fn a_grpc_web_client_gets_the_code_of_a_layer_inside_the_translation() {
    let app = Routes::new(Greeter).into_axum_router();
    let app = app.layer(layer()).layer(GrpcWebLayer::new());
    let status = hello(app.clone(), None).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(
        hello(app, Some(token().sign())).await.unwrap(),
        "hello alice"
    );
}
