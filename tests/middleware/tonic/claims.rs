//! `request.claims()`, with and without the layer.

use serde::Deserialize;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Code, Request, Status};
use tower::Layer as _;
use tower_jwt_auth::tonic::RequestExt as _;
use tower_jwt_auth::{Claims, Error, ErrorKind, Issuer, JwtAuthLayer, Key};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};
use crate::tonic::client::GreeterClient;
use crate::tonic::greeter::Greeter;
use crate::tonic::support::{builder, greeter, layer, serve, token};

#[derive(Deserialize)]
struct Mine {}

#[tokio::test]
async fn without_the_layer_a_call_is_an_internal_error_without_details() {
    let pipe = serve!(Server::builder(), Routes::new(Greeter));
    let client = GreeterClient::new(pipe.channel().await);
    let status = client
        .with_token(&token().sign())
        .hello()
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Internal, "the call was not authenticated")
    );
}

#[tokio::test]
async fn claims_of_another_type_are_an_internal_error() {
    let issuer = Issuer::from_keys(
        ISSUER,
        Key::from_jwk(&default_key().jwk().to_string()).unwrap(),
        AUDIENCE,
    );
    let client = greeter!(
        JwtAuthLayer::builder(issuer)
            .claims::<Mine>()
            .build()
            .unwrap()
    );
    let status = client
        .with_token(&token().sign())
        .hello()
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Internal);
}

#[tokio::test]
async fn in_optional_mode_a_call_without_a_token_is_unauthenticated_where_claims_are_needed() {
    let mut anonymous = greeter!(builder().optional().build().unwrap());
    let status = anonymous.hello().await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::Unauthenticated,
            "the request has no verified access token"
        )
    );
    assert_eq!(status.metadata().get("www-authenticate").unwrap(), "Bearer");
    assert_eq!(
        anonymous
            .with_token(&token().sign())
            .hello()
            .await
            .unwrap()
            .into_inner(),
        "hello alice"
    );
}

#[tokio::test]
async fn optional_claims_may_be_absent_but_the_layer_may_not() {
    let missing: Result<Option<Claims>, Status> = Request::new(()).optional_claims();
    assert_eq!(missing.unwrap_err().code(), Code::Internal);

    let seen = |request: http::Request<()>| async {
        let (parts, ()) = request.into_parts();
        let request = Request::from_parts(
            tonic::metadata::MetadataMap::from_headers(parts.headers),
            parts.extensions,
            (),
        );
        let claims: Option<Claims> = request.optional_claims().unwrap();
        Ok::<_, Error>(http::Response::new(
            claims.map_or("anonymous".to_owned(), |claims| {
                claims.subject().unwrap().into()
            }),
        ))
    };
    let optional = builder().optional().build().unwrap();
    let service = optional.layer(tower::service_fn(seen));
    let ask = |request| tower::ServiceExt::oneshot(service.clone(), request);
    assert_eq!(
        ask(http::Request::new(())).await.unwrap().body(),
        "anonymous"
    );
    let bearer =
        http::Request::get("/").header("authorization", format!("Bearer {}", token().sign()));
    assert_eq!(ask(bearer.body(()).unwrap()).await.unwrap().body(), "alice");
}

#[tokio::test]
async fn a_single_service_can_be_protected() {
    let (_, health) = tonic_health::server::health_reporter();
    let pipe = serve!(
        Server::builder(),
        Routes::new(health).add_service(layer().layer(Greeter))
    );
    let channel = pipe.channel().await;
    let mut client = GreeterClient::new(channel.clone());
    assert_eq!(
        client.hello().await.unwrap_err().code(),
        Code::Unauthenticated
    );
    assert!(client.with_token(&token().sign()).hello().await.is_ok());
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    assert!(
        health
            .check(tonic_health::pb::HealthCheckRequest::default())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_error_becomes_a_status_with_the_error_as_its_source() {
    let authenticator = builder().build_authenticator().unwrap();
    let error = authenticator
        .authenticate(&token().expired().sign())
        .await
        .unwrap_err();
    for status in [Status::from(&error), Status::from(error.clone())] {
        assert_eq!(
            (status.code(), status.message()),
            (Code::Unauthenticated, "the access token has expired")
        );
        let source =
            std::error::Error::source(&status).and_then(|source| source.downcast_ref::<Error>());
        assert_eq!(source.map(Error::kind), Some(ErrorKind::Expired));
    }
}
