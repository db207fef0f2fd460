//! gRPC: the example `grpc`, and the health service of the resource server.

use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower_jwt_auth::testing::TestIssuer;

use crate::harness::Server;
use crate::support::tokio;

/// The lines that the example prints for one port. Of the last one only the end is fixed.
const CALLS: [&str; 7] = [
    "gRPC Health/Check without a token: Serving",
    "gRPC Greeter/Hello without a token: Unauthenticated, the request has no verified access token (MISSING_TOKEN)",
    "gRPC Greeter/Hello with an expired token: Unauthenticated, the access token has expired (EXPIRED)",
    "gRPC Greeter/Hello with a valid token: hello alice",
    "gRPC Greeter/Greet with a valid token: hello bob and carol, from alice",
    "gRPC Greeter/Chat with a valid token: alice said bob, alice said carol",
    "Unauthenticated, the access token has expired",
];

#[tokio::test]
async fn the_example_prints_the_documented_results() {
    let mut server = Server::start("grpc", &[]).await;
    let printed = server.printed_until("To stop").await;
    let (grpc, http) = (&printed[1..15], &printed[15..]);
    for port in grpc.chunks(7) {
        assert_eq!(port[..6], CALLS[..6]);
        assert!(
            port[6].starts_with("gRPC Greeter/Ticks") && port[6].ends_with(CALLS[6]),
            "{port:?}"
        );
    }
    assert_eq!(
        http[..2],
        [
            "HTTP /me without a token: 401 Unauthorized",
            "HTTP /me with a valid token: 200 OK, hello alice"
        ]
    );
}

fn check(token: Option<&str>) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest::default());
    if let Some(token) = token {
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

#[tokio::test]
async fn the_health_service_is_protected_beside_the_http_routes() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    let mut health = HealthClient::new(
        Channel::from_shared(server.url.clone())
            .unwrap()
            .connect()
            .await
            .unwrap(),
    );
    let token = issuer.token().sign();
    let valid = health.check(check(Some(&token))).await.unwrap();
    assert_eq!(valid.into_inner().status(), ServingStatus::Serving);
    for (token, message) in [
        (None, "the request has no verified access token"),
        (Some("x"), "the access token is malformed"),
    ] {
        let status = health.check(check(token)).await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (Code::Unauthenticated, message)
        );
    }
    server.whoami(&token).await.assert_accepted();
    assert_eq!(
        server.get("/grpc.health.v1.Health/Check").await.challenge(),
        "Bearer",
        "a request that is not gRPC gets an HTTP response"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn an_open_stream_does_not_delay_the_shutdown() {
    let issuer = TestIssuer::start().await.unwrap();
    let server = Server::trusting(&issuer, &[]).await;
    let mut health = HealthClient::new(
        Channel::from_shared(server.url.clone())
            .unwrap()
            .connect()
            .await
            .unwrap(),
    );
    let mut watch = health
        .watch(check(Some(&issuer.token().sign())))
        .await
        .unwrap()
        .into_inner();
    assert!(watch.message().await.unwrap().is_some());
    assert_eq!(server.end_by("TERM").await.code(), Some(0));
}
